import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { TlsFiles } from "./tls-files.ts";

/** Nobody checks its age: clients that verify the server need a certificate of an authority. */
const lifetimeYears = 10;

/**
 * Creates a P-256 key and a self-signed certificate for it (X.509, with DER written by hand: Node creates keys and
 * signatures, but no certificates). It protects from eavesdropping; verifying the server takes a certificate of an
 * authority.
 *
 * @param names DNS names of the server; the first is also the common name
 */
export function selfSigned(names: readonly [string, ...string[]], now = new Date()): TlsFiles {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(oid(1, 2, 840, 10045, 4, 3, 2));
  const name = sequence(set(sequence(oid(2, 5, 4, 3), utf8(names[0]))));
  const end = new Date(now);
  end.setUTCFullYear(now.getUTCFullYear() + lifetimeYears);
  const certificate = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(now), time(end)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(
      3,
      sequence(
        extension(oid(2, 5, 29, 17), sequence(...names.map((dns) => element(0x82, Buffer.from(dns, "ascii"))))),
        extension(oid(2, 5, 29, 19), sequence()),
        extension(oid(2, 5, 29, 37), sequence(oid(1, 3, 6, 1, 5, 5, 7, 3, 1))),
      ),
    ),
  );
  const signed = sequence(certificate, algorithm, bits(sign("sha256", certificate, privateKey)));
  return {
    cert: Buffer.from(pem("CERTIFICATE", signed)),
    key: Buffer.from(privateKey.export({ type: "pkcs8", format: "pem" })),
  };
}

function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  // Lengths up to 127 take one byte; for longer ones the first byte says how many follow.
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

const sequence = (...contents: readonly Buffer[]): Buffer => element(0x30, ...contents);
const set = (...contents: readonly Buffer[]): Buffer => element(0x31, ...contents);
const integer = (value: Buffer): Buffer => element(0x02, value);
const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text));
const octets = (value: Buffer): Buffer => element(0x04, value);
const bits = (value: Buffer): Buffer => element(0x03, Buffer.of(0), value);
const explicit = (number: number, value: Buffer): Buffer => element(0xa0 + number, value);
const extension = (id: Buffer, value: Buffer): Buffer => sequence(id, octets(value));

/** The first two numbers share a byte; of each other one, seven bits go into a byte. */
function oid(first: number, second: number, ...others: readonly number[]): Buffer {
  const bytes = others.flatMap((number) => {
    const groups = [number & 0x7f];
    for (let rest = number >> 7; rest > 0; rest >>= 7) groups.unshift((rest & 0x7f) | 0x80);
    return groups;
  });
  return element(0x06, Buffer.of(first * 40 + second, ...bytes));
}

/** UTCTime, which ends in 2049. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return element(0x17, Buffer.from(digits.slice(2)));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
