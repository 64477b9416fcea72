import { describe, expect, it } from "vitest";
import { encodeHeader } from "../../../src/upstream/http2/hpack/encode-head.ts";
import { HeadDecoder } from "../../../src/upstream/http2/hpack/head-decoder.ts";
import { decodeHuffman } from "../../../src/upstream/http2/hpack/huffman.ts";
import { staticHeaders } from "../../../src/upstream/http2/hpack/static-headers.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex");
const plain = (headers: object | undefined): object => ({ ...headers });

const answers = [
  {
    ":status": "302",
    "cache-control": "private",
    date: "Mon, 21 Oct 2013 20:13:21 GMT",
    location: "https://www.example.com",
  },
  {
    ":status": "307",
    "cache-control": "private",
    date: "Mon, 21 Oct 2013 20:13:21 GMT",
    location: "https://www.example.com",
  },
  {
    ":status": "200",
    "cache-control": "private",
    date: "Mon, 21 Oct 2013 20:13:22 GMT",
    location: "https://www.example.com",
    "content-encoding": "gzip",
    "set-cookie": "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
  },
];

/** RFC 7541, appendix C: the answers of C.5 and C.6, behind the size of the table (256 bytes) that they were made for. */
const examples: readonly (readonly [string, readonly string[]])[] = [
  [
    "as they are",
    [
      `3fe101
       4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32
       3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      "4803 3330 37c1 c0bf",
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970
       7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61
       6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
    ],
  ],
  [
    "in the Huffman code",
    [
      `3fe101
       4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad
       1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
      "4883 640e ffc1 c0bf",
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2
       e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ],
  ],
];

describe("a head", () => {
  it.each(examples)("of the examples of HPACK is read with texts %s", (_title, blocks) => {
    const decoder = new HeadDecoder();
    expect(blocks.map((block) => plain(decoder.decode(hex(block))))).toEqual(answers);
  });

  it("has the headers by number that HPACK names", () => {
    expect(staticHeaders.length).toBe(61);
    expect([staticHeaders[7], staticHeaders[30], staticHeaders[60]]).toEqual([
      [":status", "200"],
      ["content-type", ""],
      ["www-authenticate", ""],
    ]);
  });

  it.each([0, 1, 126, 127, 128, 254, 255, 256, 16_510, 16_511, 30_000])(
    "is written as it is read, with a value of %i bytes",
    (length) => {
      const value = "ÿ~ ".repeat(length).slice(0, length);
      const block = Buffer.from(encodeHeader("x-long", value) + encodeHeader("authorization", value), "latin1");
      expect(plain(new HeadDecoder().decode(block))).toEqual({ "x-long": value, authorization: value });
    },
  );

  it("never indexes a secret in the header table", () => {
    expect([encodeHeader("authorization", "x"), encodeHeader("x-more", "x")].map((text) => text.charCodeAt(0))).toEqual(
      [0x10, 0],
    );
  });

  it.each(["a\r\nb: c", "\n", "\0", "\x7f", "ā"])("is not written with %j in it", (value) => {
    expect(() => encodeHeader("x-more", value)).toThrow("the header x-more has a character that no header can have");
  });

  it("joins what comes twice", () => {
    const block = Buffer.from(encodeHeader("x-more", "1") + encodeHeader("x-more", "2"), "latin1");
    expect(plain(new HeadDecoder().decode(block))).toEqual({ "x-more": "1, 2" });
  });

  it("is left out where it is too large, and the next is read all the same", () => {
    const decoder = new HeadDecoder();
    // A header of 3,000 bytes gets a number, which is named thirty times.
    const text = "v".repeat(3000);
    const first = Buffer.from(`\x40${encodeHeader("x-long", text).slice(1)}`, "latin1");
    expect(plain(decoder.decode(first))).toEqual({ "x-long": text });
    expect(decoder.decode(Buffer.alloc(30, 0x80 | 62))).toBeUndefined();
    expect(plain(decoder.decode(Buffer.from([0x88, 0x80 | 62])))).toEqual({ ":status": "200", "x-long": text });
  });

  it.each([
    ["a number that is not assigned", "80"],
    ["a number above those that there are", "be"],
    ["a number without an end", "ffffffffffffffffff"],
    ["a name that breaks off", "0005 6162"],
    ["a value that is missing", "0001 61"],
    ["a table that is too large", "3fe2ff03"],
    ["a text that is not in its code", "0001 6181 00"],
    ["a text that is filled up with more than a byte", "0001 6182 1fff"],
  ])("is refused for %s", (_title, block) => {
    expect(() => new HeadDecoder().decode(hex(block))).toThrow("a head is not HPACK");
  });
});

describe("the Huffman code", () => {
  it.each([
    ["f1e3 c2e5 f23a 6ba0 ab90 f4ff", "www.example.com"],
    ["25a8 49e9 5ba9 7d7f", "custom-key"],
    ["ffff ea", "\t"],
  ])("%s", (code, text) => {
    expect(decodeHuffman(hex(code))).toBe(text);
  });

  it("has no end within it", () => {
    expect(decodeHuffman(hex("ffff ffff"))).toBeUndefined();
  });
});
