/**
 * Takes the pictures of docs/PAGE.md, `docs/img/`, from the models of the demo in Debian's Chromium: every view on a desktop
 * and on a narrow screen, and some of them dark. With names of views (`-- models deploy`) those alone.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { startModelServer } from "../demo/model-server.ts";
import { trainModels } from "../demo/models.ts";
import { buildPageOnce } from "../demo/page.ts";
import { registerVersions } from "../demo/versions.ts";
import { startService } from "../src/compose/service.ts";
import { demoEnvironment } from "../test/page/support/demo-environment.ts";
import { show, views } from "../test/page/support/views.ts";

const folder = join(import.meta.dirname, "../docs/img");
const asked = process.argv.slice(2);
const all = views.map(({ name }) => name);
const looks = [
  { suffix: "", width: 1280, height: 800, theme: "light", names: all },
  { suffix: "-dark", width: 1280, height: 800, theme: "dark", names: ["models", "model"] },
  { suffix: "-narrow", width: 400, height: 800, theme: "light", names: all },
] as const;

await buildPageOnce();
mkdirSync(folder, { recursive: true });
const trained = trainModels();
const modelServer = await startModelServer({
  models: Object.fromEntries(trained.map(({ entry, model }) => [entry.name, model])),
});
const service = await startService({
  HOST: "127.0.0.1",
  PORT: "0",
  LOG_LEVEL: "silent",
  ...demoEnvironment(trained, modelServer.url),
});
await registerVersions(service.url, trained);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--headless", "--no-sandbox"] });
try {
  for (const { suffix, width, height, theme, names } of looks) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme, reducedMotion: "reduce" });
    const isWanted = (name: string): boolean =>
      (names as readonly string[]).includes(name) && (asked.length === 0 || asked.includes(name));
    for (const view of views.filter(({ name }) => isWanted(name))) {
      await show(page, service.url, view);
      // What a person has done is shown, and not what was above it.
      await page.evaluate("document.querySelector('.kmr-predictions')?.scrollIntoView({ block: 'end' })");
      await page.screenshot({ path: join(folder, `${view.name}${suffix}.png`) });
      console.log(`docs/img/${view.name}${suffix}.png`);
    }
    await page.close();
  }
} finally {
  await browser.close();
  await service.stop();
  await modelServer.stop();
}
