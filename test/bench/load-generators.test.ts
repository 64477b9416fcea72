import { describe, expect, it } from "vitest";
import { parseGhz } from "../../bench/ghz.ts";
import { parseH2load } from "../../bench/h2load.ts";
import { parseWrk } from "../../bench/wrk.ts";

const h2load = `starting benchmark...
spawning thread #0: 32 total client(s). 20000 total requests
Application protocol: http/1.1
progress: 100% done

finished in 1.22s, 16342.26 req/s, 2.03MB/s
requests: 20000 total, 20000 started, 20000 done, 20000 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 20000 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 2.48MB (2600000) total, 1.47MB (1540000) headers (space savings 0.00%), 429.69KB (440000) data
                     min         max         mean         sd        +/- sd
time for request:      101us     15.72ms      1.95ms       880us    80.23%
`;

describe("h2load", () => {
  it("reads requests, bytes of content and time", () => {
    expect(parseH2load(h2load)).toEqual({ succeeded: 20_000, failed: 0, contentBytes: 440_000, seconds: 1.22 });
  });

  it("counts an answer with another status as failed, although h2load calls it done", () => {
    const output = h2load.replace("20000 2xx, 0 3xx, 0 4xx", "19000 2xx, 0 3xx, 1000 4xx");
    expect(parseH2load(output)).toMatchObject({ succeeded: 19_000, failed: 1000 });
  });

  it("counts requests without an answer as failed", () => {
    const output = h2load
      .replace("20000 done", "19990 done")
      .replace("20000 succeeded, 0 failed", "19990 succeeded, 10 failed");
    expect(parseH2load(output)).toMatchObject({ succeeded: 19_990, failed: 10 });
  });

  it.each([
    ["209.90ms", 0.2099],
    ["266us", 0.000266],
    ["2.02m", 121.2],
  ])("reads %s as %d seconds", (text, seconds) => {
    expect(parseH2load(h2load.replace("1.22s", text)).seconds).toBeCloseTo(seconds, 9);
  });

  it("refuses what it does not know", () => {
    expect(() => parseH2load("h2load: command line error")).toThrow("nothing that is known");
  });
});

const wrk = `Running 2s test @ http://127.0.0.1:35619/v1/models/rows-1:predict
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.18ms    0.99ms  12.68ms   78.25%
    Req/Sec    14.89k     3.23k   18.79k    57.14%
  Latency Distribution
     50%    1.99ms
     75%    2.56ms
     90%    3.44ms
     99%    5.67ms
  31106 requests in 2.10s, 3.86MB read
Requests/sec:  14815.44
Transfer/sec:      1.84MB
`;

describe("wrk", () => {
  it("reads requests and latencies", () => {
    expect(parseWrk(wrk)).toEqual({ requests: 31_106, failed: 0, p50Ms: 1.99, p99Ms: 5.67 });
  });

  it("counts bad answers and broken connections", () => {
    const bad = "  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 5\nRequests/sec";
    expect(parseWrk(wrk.replace("Requests/sec", bad)).failed).toBe(15);
  });

  it("reads other units", () => {
    const output = wrk.replace("1.99ms", "870.00us").replace("5.67ms", "1.20s");
    expect(parseWrk(output)).toMatchObject({ p50Ms: 0.87, p99Ms: 1200 });
  });
});

const ghz = {
  date: "2026-01-01T00:00:00Z",
  count: 5000,
  total: 5_000_000_000,
  average: 640_000,
  rps: 999.87,
  errorDistribution: {},
  statusCodeDistribution: { OK: 5000 },
  latencyDistribution: [
    { percentage: 10, latency: 410_000 },
    { percentage: 50, latency: 612_345 },
    { percentage: 99, latency: 2_100_000 },
  ],
};

describe("ghz", () => {
  it("reads calls, rate and latencies", () => {
    const found = parseGhz(JSON.stringify(ghz));
    expect(found).toEqual({ count: 5000, failed: 0, rate: 999.87, p50Ms: 0.612345, p99Ms: 2.1 });
  });

  it("counts every status but OK as failed", () => {
    const report = { ...ghz, statusCodeDistribution: { OK: 4990, Unavailable: 10 } };
    expect(parseGhz(JSON.stringify(report)).failed).toBe(10);
  });

  it("has no latencies where no call was made", () => {
    const report = { ...ghz, count: 0, statusCodeDistribution: {}, latencyDistribution: null };
    expect(parseGhz(JSON.stringify(report))).toMatchObject({ failed: 0, p50Ms: Number.NaN });
  });
});
