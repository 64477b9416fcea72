import { expect, it } from "vitest";
import { useBrowser } from "./support/browser.ts";
import { startServer } from "./support/demo.ts";

const browser = useBrowser();

/** Texts that become something else where they are taken for markup, script, an address or a pattern. */
const hostile = [
  "<script>globalThis.owned = 1</script>",
  "<img src=x onerror='globalThis.owned = 1'>",
  "<svg onload=globalThis.owned=1>",
  "javascript:globalThis.owned=1",
  "<a href='javascript:globalThis.owned=1'>click</a>",
  "</textarea><script>globalThis.owned=1</script>",
  "{{constructor.constructor('globalThis.owned=1')()}}",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template that nobody must fill
  "${globalThis.owned=1}",
  "<style>@import url(http://attacker.example/x.css)</style>",
  "<link rel=stylesheet href=http://attacker.example/x.css>",
  "<iframe src=http://attacker.example/></iframe>",
  "![x](http://attacker.example/x.png)",
  "[x](javascript:globalThis.owned=1)",
  "<base href=http://attacker.example/>",
  "<meta http-equiv=refresh content='0;url=http://attacker.example/'>",
  "<form action=http://attacker.example/><button>go</button></form>",
  "\u202egnp.exe",
  "\u0000\u0001\u001b[31m",
  '"><b onmouseover=globalThis.owned=1>',
  "' onfocus=globalThis.owned=1 autofocus '",
];
/** Each of them ten times over, in other surroundings. */
const texts = hostile.flatMap((text) => [
  ...[text, `a ${text}`, `${text} b`, `"${text}"`, `'${text}'`],
  ...[`\n${text}\n`, text.toUpperCase(), `<div>${text}</div>`, `<!--${text}-->`, `]]>${text}`],
]);

it(`runs nothing of ${texts.length} hostile texts, and asks nobody else`, async () => {
  const models = texts.map((text, i) => ({
    name: `model-${i}`,
    service: "s",
    type: "anomaly",
    url: "http://127.0.0.1:9",
    description: text,
    inputFeatures: [{ name: "x", type: "number", unit: text.slice(0, 40), description: text }],
    remediationActions: [{ type: text, severity: text, target: text }],
    triggers: [text],
  }));
  const { url } = await startServer({ KSERVE_MODEL_REGISTRY: JSON.stringify(models), DATABASE_URL: "sqlite::memory:" });
  const version = {
    registeredModel: { name: "hostile", description: texts.join("\n"), owner: texts[0] },
    modelVersion: {
      name: texts[1],
      description: texts.join("\n"),
      customProperties: Object.fromEntries(
        texts.map((text, i) => [`p${i}`, { stringValue: text.replaceAll("\0", "") }]),
      ),
    },
    artifacts: [{ name: texts[2], modelArtifact: { uri: "javascript:globalThis.owned=1" } }],
  };
  const answer = await fetch(`${url}/kserve.versions.v1.VersionRegistry/RegisterVersion`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(version).replaceAll("\\u0000", ""),
  });
  expect([answer.status, answer.ok ? "" : await answer.text()]).toEqual([200, ""]);

  const { page, errors, foreign } = await browser.open();
  let dialogs = 0;
  page.on("dialog", (dialog) => {
    dialogs++;
    void dialog.dismiss();
  });
  await page.goto(`${url}/ui/models`);
  await page.getByText(`${texts.length} models`).waitFor();
  const frame = page.locator(".kmr-table-frame");
  const height = await frame.evaluate((element) => element.scrollHeight);
  for (let top = 0; top < height; top += 700) await frame.evaluate((element, to) => element.scrollTo(0, to), top);
  await page
    .getByText("<script>globalThis.owned")
    .first()
    .waitFor({ state: "attached", timeout: 1000 })
    .catch(() => {});
  for (const i of [0, 32, 74, 116, 189]) {
    await page.goto(`${url}/ui/models/model-${i}`);
    await page.getByRole("button", { name: "Predict", exact: true }).click();
    await page.getByRole("tab", { name: "Details" }).click();
    await page.getByText("Advice of the owner").waitFor();
  }
  await page.goto(`${url}/ui/triggers`);
  await page.getByText("Add metric").waitFor();
  await page.goto(`${url}/ui/registered/hostile`);
  await page.getByRole("link", { name: texts[1]! }).click();
  await page.getByText("javascript:globalThis.owned=1").first().waitFor();

  expect(await page.evaluate(() => (globalThis as { owned?: number }).owned)).toBeUndefined();
  expect([dialogs, errors, foreign]).toEqual([0, [], []]);
  expect(await page.locator("a[href^='javascript:' i], iframe, base, main form[action]").count()).toBe(0);
}, 180_000);
