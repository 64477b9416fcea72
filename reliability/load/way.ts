import { type WireFormat, wireFormats } from "../../test/support/raw-rpc.ts";

/** One protocol over one version of HTTP. */
export interface LoadWay extends Omit<WireFormat, "protocol"> {
  readonly protocol: WireFormat["protocol"] | "rest";
}

/** Every way that a prediction goes. */
export const loadWays: readonly LoadWay[] = [
  ...wireFormats,
  { name: "rest/1.1", protocol: "rest", httpVersion: "1.1", contentType: "application/json" },
  { name: "rest/2", protocol: "rest", httpVersion: "2", contentType: "application/json" },
];
