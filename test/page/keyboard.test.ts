import { describe, expect, it } from "vitest";
import { useBrowser } from "./support/browser.ts";
import { useDemo } from "./support/demo.ts";
import { keyboardOf } from "./support/keyboard.ts";

const browser = useBrowser();
const demo = useDemo();

/** A view of the demo, and the keys of a person who has no mouse. */
async function open(path: string, text: string) {
  const { page } = await browser.open();
  await page.goto(`${demo.url}/ui/${path}`);
  await page.getByText(text).first().waitFor();
  return { page, keyboard: keyboardOf(page) };
}

describe("by keyboard alone", () => {
  it("a model is found, asked and understood", async () => {
    const { page, keyboard } = await open("models", "predictive-analytics");
    await page.keyboard.press("Tab");
    expect(await keyboard.focused()).toBe("Skip to content");
    await keyboard.type(/^Search models$/, "disk");
    await page.getByText("1 of 3 models").waitFor();
    await keyboard.choose(/^disk-failure-predictor$/);
    await page.getByText("Add row").waitFor();
    await keyboard.type(/^disk_utilization, row 1$/, "95");
    await page.keyboard.press("Enter");
    await page.getByText("1 prediction in").waitFor();
  });

  it("models are narrowed down, and their sources looked at", async () => {
    const { page, keyboard } = await open("models", "predictive-analytics");
    await keyboard.reach(/^Type$/);
    await page.keyboard.press("a");
    await page.getByText("1 of 3 models").waitFor();
    await keyboard.choose(/^Clear filters$/);
    await page.getByText("3 models", { exact: true }).waitFor();
    await keyboard.choose(/^1 source/);
    await page.getByRole("grid", { name: "Sources" }).waitFor();
  });

  it("rows are pasted, and a call is copied, examined and its contract saved", async () => {
    const { page, keyboard } = await open("models/disk-failure-predictor", "Add row");
    await page.evaluate(`navigator.clipboard.writeText("91.2\\t5000\\t365\\n20\\t100\\t10\\n")`);
    await keyboard.reach(/^disk_utilization, row 1$/);
    await page.keyboard.press("ControlOrMeta+V");
    await keyboard.choose(/^Predict$/);
    await page.getByText("2 predictions in").waitFor();
    await keyboard.choose(/^Call it$/);
    await keyboard.choose(/^Python$/);
    await page.getByText("urllib.request").waitFor();
    await keyboard.choose(/^Copy$/);
    await expect.poll(() => page.evaluate("navigator.clipboard.readText()")).toContain("urllib.request");
    await keyboard.choose(/^Examine$/);
    await page.getByRole("tabpanel").getByRole("button", { name: "Examine" }).waitFor();
    await keyboard.choose(/^Examine$/, "BUTTON:not([role])");
    await page.getByText("The model can be called").waitFor();
    await keyboard.choose(/^Contract$/);
    await keyboard.choose(/^JSON Schema$/);
    const download = page.waitForEvent("download");
    await keyboard.choose(/^Download /);
    expect((await download).suggestedFilename()).toMatch(/json$/);
  });

  it("triggers are tried out", async () => {
    const { page, keyboard } = await open("triggers", "Add metric");
    await keyboard.type(/^Value of disk_utilization$/, "91.2");
    await keyboard.type(/^Value of iops$/, "5000");
    await keyboard.type(/^Value of disk_age_days$/, "365");
    await page.keyboard.press("Enter");
    await page.getByText("It predicts").waitFor();
  });

  it("a version is registered, edited, named by an alias, compared, archived and restored", async () => {
    const { page, keyboard } = await open("registered", "storage-team");
    for (const version of ["1.0", "2.0"]) {
      await keyboard.choose(/^Register a version$/);
      await keyboard.type(/^Model/, "keys");
      await keyboard.type(/^Version/, version);
      await keyboard.type(/^Where its files are/, `s3://models/keys/${version}`);
      await page.keyboard.press("Enter");
      await page.getByText(`s3://models/keys/${version}`).waitFor();
      await keyboard.choose(/^Registered models$/);
      await page.getByText("storage-team").first().waitFor();
    }
    await keyboard.choose(/^keys$/);
    await keyboard.choose(/^Edit description$/);
    await keyboard.type(/^description$/, "Made without a mouse");
    await keyboard.choose(/^Save$/);
    await page.getByText("Made without a mouse").waitFor();
    await keyboard.type(/^Alias$/, "champion");
    await page.keyboard.press("Enter");
    await page.getByText("points to 2.0").waitFor();
    for (const version of ["1.0", "2.0"]) {
      await keyboard.reach(new RegExp(`^Compare ${version}$`));
      await page.keyboard.press("Space");
    }
    await keyboard.choose(/^Compare 2 versions$/);
    await keyboard.reach(/^Only what differs$/);
    await keyboard.choose(/^keys$/);
    await keyboard.choose(/^Archive$/);
    await keyboard.type(/^Type keys to go on$/, "keys");
    await page.keyboard.press("Enter");
    await keyboard.choose(/^Restore$/);
    await page.getByRole("button", { name: "Archive" }).waitFor();
    // A dialog is left by Escape, and the focus goes back to where it was opened.
    await keyboard.choose(/^Delete$/);
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await keyboard.focused()).toBe("Delete");
  });

  it("a deployment is decided and its manifest copied", async () => {
    const { page, keyboard } = await open("registered/disk-failure-predictor/versions/1.1.0", "s3://models");
    await keyboard.choose(/^Deploy$/);
    await keyboard.type(/^Format$/, "sklearn");
    await keyboard.type(/^Namespace/, "storage");
    await page.getByText("namespace: storage").waitFor();
    await keyboard.choose(/^Copy$/);
    await expect.poll(() => page.evaluate("navigator.clipboard.readText()")).toContain("namespace: storage");
  });

  it("a model of the catalog is found and registered", async () => {
    const { page, keyboard } = await open("catalog", "tinkerers/leaf-vision");
    await keyboard.type(/^Search models$/, "heron");
    await page.getByRole("link", { name: "tinkerers/leaf-vision" }).waitFor({ state: "detached" });
    await keyboard.reach(/^2B$/);
    await page.keyboard.press("Space");
    await page.getByRole("link", { name: "heron/heron-chat-20b" }).waitFor({ state: "detached" });
    await keyboard.choose(/^heron\/heron-chat-2b$/);
    await keyboard.choose(/^Performance$/);
    await page.getByRole("grid", { name: "Figures" }).waitFor();
    await keyboard.choose(/^Register$/);
    await page.getByRole("dialog").waitFor();
    await keyboard.type(/^Registered model/, "by-keyboard");
    await keyboard.type(/^Version/, "1");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/ui/registered/by-keyboard/versions/1");
  });

  it("an MCP server is opened, a token is given and forgotten, and the theme chosen", async () => {
    const { page, keyboard } = await open("mcp", "Tells the time anywhere");
    await keyboard.choose(/^clock$/);
    await page.getByRole("grid", { name: "Tools" }).waitFor();
    await keyboard.choose(/^Sign in$/);
    await keyboard.type(/^Bearer token$/, "a-token");
    await page.keyboard.press("Enter");
    await keyboard.choose(/^Forget token$/);
    await keyboard.reach(/^Sign in$/);
    await keyboard.choose(/^Dark theme$/);
    await expect
      .poll(() => page.evaluate('document.documentElement.classList.contains("pf-v6-theme-dark")'))
      .toBe(true);
  });
});
