import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, onTestFinished } from "vitest";

/** Nothing but what a page asks for goes out. */
const args = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];
const timeoutMs = 20_000;

export type Theme = "light" | "dark";

/** What a page did that it must not: script errors, refusals of its policy, requests to elsewhere. */
export interface Watched {
  readonly page: Page;
  /** Errors of scripts and of the Content-Security-Policy. */
  readonly errors: readonly string[];
  /** The addresses that were asked for and are not of the page's own origin. */
  readonly foreign: readonly string[];
}

/** Starts a browser for the tests of a file. */
export function useBrowser(): {
  /** Gives a test a page without a past. */
  open(theme?: Theme, width?: number): Promise<Watched>;
  /** A page that tests share, one after the other, with the files of the page in its cache. */
  openForAll(): Promise<Watched>;
} {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
  });
  afterAll(() => browser?.close());
  return {
    async open(theme = "light", width = 1280) {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme });
      onTestFinished(() => context.close());
      return watchedPage(context);
    },
    async openForAll() {
      return watchedPage(await browser.newContext({ viewport: { width: 1280, height: 900 } }));
    },
  };
}

async function watchedPage(context: BrowserContext): Promise<Watched> {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  page.setDefaultTimeout(timeoutMs);
  const errors: string[] = [];
  const foreign: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) errors.push(message.text());
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && url.hostname !== "127.0.0.1") foreign.push(request.url());
  });
  return { page, errors, foreign };
}
