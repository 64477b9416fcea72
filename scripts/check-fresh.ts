/**
 * check-fresh PATH... -- COMMAND...: runs a generating command, and fails when it changes what is committed.
 *
 * A generated file that is committed is only worth reading while it is what its source says.
 */
import { execFileSync } from "node:child_process";

const args = process.argv.slice(2);
const split = args.indexOf("--");
const paths = args.slice(0, split);
const [command, ...rest] = args.slice(split + 1);
if (split < 1 || command === undefined) {
  console.error("usage: check-fresh PATH... -- COMMAND...");
  process.exit(2);
}
execFileSync(command, rest, { stdio: "inherit" });
const changed = execFileSync("git", ["status", "--porcelain", "--", ...paths], { encoding: "utf8" });
if (changed !== "") {
  console.error(`Not fresh; run \`${[command, ...rest].join(" ")}\` and commit:\n${changed}`);
  process.exit(1);
}
