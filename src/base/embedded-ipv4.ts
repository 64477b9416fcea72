import { isIPv6 } from "node:net";

/** An IPv6 network whose addresses embed an IPv4 address, and where in the 16 bytes its four bytes are. */
interface Embedding {
  /** The first bytes of every address of the network. */
  readonly prefix: readonly number[];
  readonly at: readonly [number, number, number, number];
}

const zeros = (count: number): readonly number[] => Array<number>(count).fill(0);
const last = [12, 13, 14, 15] as const;
/**
 * RFC 8215: which of the lengths of RFC 6052 a network there has is up to those who run it. Byte 8 is never used. What a
 * wrong length reads begins with 0 most of the time, where no translator leads.
 */
const localNat64 = [0x00, 0x64, 0xff, 0x9b, 0x00, 0x01] as const;

const embeddings: readonly Embedding[] = [
  // Mapped (RFC 4291), translated (RFC 2765), and compatible, the oldest form.
  { prefix: [...zeros(10), 0xff, 0xff], at: last },
  { prefix: [...zeros(8), 0xff, 0xff, 0, 0], at: last },
  { prefix: zeros(12), at: last },
  // NAT64 (RFC 6052).
  { prefix: [0x00, 0x64, 0xff, 0x9b, ...zeros(8)], at: last },
  { prefix: localNat64, at: [6, 7, 9, 10] },
  { prefix: localNat64, at: [7, 9, 10, 11] },
  { prefix: localNat64, at: [9, 10, 11, 12] },
  { prefix: localNat64, at: last },
  // 6to4 (RFC 3056).
  { prefix: [0x20, 0x02], at: [2, 3, 4, 5] },
];

/**
 * The addresses of IPv4 that an address of IPv6 may lead to, by the networks that are known to embed them. A network may be read
 * in several ways, so that there may be several; none where it embeds none, or is not IPv6.
 *
 * @param address in any form, without brackets; a zone behind it is left out
 */
export function embeddedIpv4(address: string): readonly string[] {
  const [plain = ""] = address.split("%", 1);
  if (!isIPv6(plain)) return [];
  const bytes = bytesOf(plain);
  return embeddings
    .filter(({ prefix, at }) => {
      const fits = prefix.every((byte, i) => bytes[i] === byte);
      return fits && (prefix !== localNat64 || bytes[at[0]] !== 0);
    })
    .map(({ at }) => at.map((i) => bytes[i]).join("."));
}

function bytesOf(address: string): number[] {
  // The URL parser writes every form as one.
  const written = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail = ""] = written.split("::");
  const parse = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [left, right] = [parse(head), parse(tail)];
  const groups = [...left, ...zeros(8 - left.length - right.length), ...right];
  return groups.flatMap((group) => [group >> 8, group & 255]);
}
