import { describe, expect, it } from "vitest";
import { embeddedIpv4 } from "../../src/base/embedded-ipv4.ts";

describe("the IPv4 within an IPv6", () => {
  it.each<[address: string, embedded: readonly string[]]>([
    ["::ffff:192.0.2.33", ["192.0.2.33"]],
    ["::ffff:c000:221", ["192.0.2.33"]],
    ["::ffff:0:192.0.2.33", ["192.0.2.33"]],
    ["::192.0.2.33", ["192.0.2.33"]],
    ["64:ff9b::192.0.2.33", ["192.0.2.33"]],
    ["64:ff9b::192.0.2.33%eth0", ["192.0.2.33"]],
    ["2002:c000:221::1", ["192.0.2.33"]],
    // The examples of RFC 6052, 2.4, in the network of RFC 8215: each way to read it is one.
    ["64:ff9b:1:c000:2:2100::", ["192.0.2.33", "2.33.0.0"]],
    ["64:ff9b:1::192.0.2.33", ["192.0.2.33"]],
    ["64:ff9b:2::192.0.2.33", []],
    ["2001:db8::1", []],
    ["192.0.2.33", []],
    ["a name", []],
  ])("%s is %j", (address, embedded) => expect(embeddedIpv4(address)).toEqual(embedded));
});
