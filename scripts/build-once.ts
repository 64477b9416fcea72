/** Builds `dist/` where that has not been done since its sources were last changed. */
import { isUpToDate } from "./up-to-date.ts";

const made = ["dist/kserve-model-registry.js", "dist/ui/index.html"];
const sources = ["src", "ui", "gen", "scripts", "package.json", "package-lock.json", "LICENSE"];
if (!isUpToDate(made, sources)) await import("./build.ts");
