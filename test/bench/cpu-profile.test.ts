import { expect, it } from "vitest";
import { type CpuProfile, hotSpots, sharesByRoom } from "../../bench/cpu-profile.ts";

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 1 });

const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame("(idle)", "") },
    { id: 2, callFrame: frame("writev", "") },
    { id: 3, callFrame: frame("value", "file:///home/me/project/src/predict/json/json-scanner.ts") },
    { id: 4, callFrame: frame("", "file:///home/me/project/node_modules/undici/lib/dispatcher/client.js") },
    { id: 5, callFrame: frame("respond", "node:internal/http2/core") },
    { id: 6, callFrame: frame("(garbage collector)", "") },
    // The same function, called from elsewhere.
    { id: 7, callFrame: frame("value", "file:///home/me/project/src/predict/json/json-scanner.ts") },
  ],
  samples: [1, 2, 3, 4, 5, 6, 7],
  timeDeltas: [900, 40, 10, 20, 15, 5, 10],
};

it("ranks functions by their own time, without idling", () => {
  expect(hotSpots(profile, 3)).toEqual([
    { name: "writev", place: "", share: 0.4 },
    { name: "value", place: "src/predict/json/json-scanner.ts", share: 0.2 },
    { name: "(anonymous)", place: "undici", share: 0.2 },
  ]);
});

it("adds up by folders of ours, packages and modules of Node", () => {
  expect(Object.fromEntries(sharesByRoom(profile).map(({ room, share }) => [room, share]))).toEqual({
    "native code: system calls, sockets, HTTP/2 frames": 0.4,
    "src/predict/json": 0.2,
    undici: 0.2,
    "node:http2": 0.15,
    "garbage collection": 0.05,
  });
});
