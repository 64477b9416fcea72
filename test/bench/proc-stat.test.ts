import { expect, it } from "vitest";
import { cpuMs, parseBusyMs, parseCpuMs, parseFamilyMs, parseRss, rss } from "../../measure/proc-stat.ts";

const stat =
  "4242 (node (MainThread)) S 1 4242 4242 0 -1 4194560 30291 0 12 0 77 40 5 3 20 0 11 0 9000 1300000000 40000 " +
  "18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0";

it("adds user and system time of a process, whatever its name holds", () => {
  expect(parseCpuMs(stat)).toBe(1170);
});

it("adds the children that have ended", () => {
  expect(parseFamilyMs(stat)).toBe(1250);
});

it("reads this process", () => {
  expect(cpuMs(process.pid)).toBeGreaterThanOrEqual(0);
  const { now, peak } = rss(process.pid);
  expect(peak).toBeGreaterThanOrEqual(now);
});

it("reads resident memory and its peak", () => {
  const status = "Name:\tnode\nVmPeak:\t 1300000 kB\nVmHWM:\t  162304 kB\nVmRSS:\t  131072 kB\nRssAnon:\t 90000 kB\n";
  expect(parseRss(status)).toEqual({ now: 128 * 1024 ** 2, peak: 158.5 * 1024 ** 2 });
});

it("adds what all processors do, without idling and waiting for disks", () => {
  const text = "cpu  100 1 50 9000 700 2 3 4 0 0\ncpu0 50 0 25 4500 350 1 1 2 0 0\nintr 1\n";
  expect(parseBusyMs(text)).toBe(1600);
});
