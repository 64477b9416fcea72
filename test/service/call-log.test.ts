import { type IncomingMessage, ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { beginCall } from "../../src/api/call.ts";
import { createCallLog } from "../../src/compose/call-log.ts";
import { captureLog } from "../support/captured-log.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Writes failures of one kind, so many at once and with a pause behind each group. */
function linesOf(groups: number, atOnce: number, pauseMs: number): { lines: number; repeated: number } {
  const { log, calls, lines } = captureLog();
  const callLog = createCallLog(log, false);
  const request = { method: "POST", url: "/v1/models/none:predict", headers: {}, socket: {} } as IncomingMessage;
  const response = new ServerResponse(request);
  for (let i = 0; i < groups; i++) {
    for (let k = 0; k < atOnce; k++) {
      callLog.write(beginCall(request, undefined), request, response, {
        outcome: "404",
        failed: true,
        serverFault: false,
      });
    }
    vi.advanceTimersByTime(pauseMs);
  }
  callLog.close();
  return { lines: calls().length, repeated: lines.reduce((sum, line) => sum + Number(line.repeated ?? 0), 0) };
}

it("gives each of the failures that come one by one a line, however many there are", () => {
  expect(linesOf(50, 1, 1000)).toEqual({ lines: 50, repeated: 0 });
});

it("writes twenty of a flood in each second, and counts the others", () => {
  expect(linesOf(2, 50, 1000)).toEqual({ lines: 40, repeated: 60 });
});
