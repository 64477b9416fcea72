import type { Page } from "playwright-core";

/** The keys of a person who has no mouse. */
export interface Keyboard {
  /** What that is called which has the focus. */
  focused(): Promise<string>;
  /** Goes on, key by key, until that of a name has the focus. Fails where it is not reached. */
  reach(name: RegExp, selector?: string): Promise<void>;
  /** Reaches a button, a link or a tab, and presses Enter. */
  choose(name: RegExp, selector?: string): Promise<void>;
  /** Reaches a field, and types in the place of what stands there. */
  type(name: RegExp, text: string): Promise<void>;
}

/** No view has as many places that take the focus. */
const maxSteps = 150;

/** How what has the focus is called, as good as a screen reader would say it. */
const nameOfFocused = `(() => {
  const element = document.activeElement;
  const label = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent ?? "";
  return label.trim();
})()`;

export function keyboardOf(page: Page): Keyboard {
  const focused = (): Promise<string> => page.evaluate<string>(nameOfFocused);
  const isAt = async (name: RegExp, selector: string): Promise<boolean> =>
    name.test(await focused()) &&
    (await page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(selector)})`));
  const reach = async (name: RegExp, selector = "body *"): Promise<void> => {
    for (let i = 0; i < maxSteps; i++) {
      if (await isAt(name, selector)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`${name} is not reached by keyboard`);
  };
  return {
    focused,
    reach,
    async choose(name, selector) {
      await reach(name, selector);
      await page.keyboard.press("Enter");
    },
    async type(name, text) {
      await reach(name, "input, textarea");
      await page.keyboard.press("ControlOrMeta+A");
      await page.keyboard.type(text);
    },
  };
}
