import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { Env } from "../../src/config/config.ts";
import { type ChildService, startChildService } from "../support/child-service.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { type Entry, model } from "../support/running-service.ts";

/** What the service of a file is started with. */
export interface AbusedServiceOptions {
  readonly models?: readonly Entry[];
  readonly env?: Env;
  /** Which log lines above info the tests of the file cause. Default: none. */
  readonly expectedWarnings?: (line: ChildService["lines"][number]) => boolean;
}

/**
 * A service in a process of its own for all tests of a file. After each of them it still serves normal calls, has logged
 * no fault of its own, and has written nothing to standard error.
 */
export function abusedService(options: AbusedServiceOptions = {}): { readonly service: ChildService } {
  let service: ChildService | undefined;
  let seenLines = 0;

  beforeAll(async () => {
    service = await startChildService(options);
  });

  afterEach(async () => {
    const running = service!;
    for (const version of httpVersions) await expectNormalCall(running.url, version);
    const faults = running.lines
      .slice(seenLines)
      .filter((line) => line.level !== "info" && !options.expectedWarnings?.(line));
    seenLines = running.lines.length;
    expect(faults).toEqual([]);
    expect(running.stderr()).toBe("");
  });

  afterAll(() => service?.close());

  return {
    get service() {
      if (service === undefined) throw new Error("the service is started before the first test");
      return service;
    },
  };
}

/** A prediction as any caller makes it succeeds. */
export async function expectNormalCall(url: string, version: (typeof httpVersions)[number]): Promise<void> {
  const response = await send(version, { url, path: `/v1/models/${model}:predict`, body: '{"instances":[[1],[2]]}' });
  expect([response.status, jsonOf(response)]).toEqual([200, { predictions: [0, 1] }]);
}
