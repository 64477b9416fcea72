import { describe, expect, it } from "vitest";
import { parseRequestHead } from "../../../src/listen/http1/request-head.ts";

const host = "host: a\r\n";
const get = (fields: string): string => `GET / HTTP/1.1\r\n${fields}`;

/** The status that a head is refused with; undefined where it is taken. */
function refusedWith(text: string): number | undefined {
  try {
    parseRequestHead(text);
    return undefined;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

describe("the head of a request", () => {
  it("gives its method, its target, its headers and where its body ends", () => {
    const text = `POST /a?b=c HTTP/1.1\r\nHost: a:80\r\nX-A:  b c \t\r\nX-A: d\r\nContent-Length: 12\r\n`;
    expect(parseRequestHead(text)).toEqual({
      method: "POST",
      target: "/a?b=c",
      minorVersion: 1,
      headers: { host: "a:80", "x-a": "b c, d", "content-length": "12" },
      body: 12,
      keepsAlive: true,
      expectsContinue: false,
    });
  });

  it.each<[string, string, string]>([
    ["cookie", "a=b", "a=b; c"],
    ["x-forwarded-for", "a=b", "a=b, c"],
    ["authorization", "a=b", "a=b"],
    ["content-type", "a=b", "a=b"],
    ["user-agent", "a=b", "a=b"],
  ])("joins %s that comes twice as Node does", (name, first, joined) => {
    expect(parseRequestHead(get(`${host}${name}: ${first}\r\n${name}: c\r\n`)).headers[name]).toBe(joined);
  });

  it.each([
    ["HTTP/1.1", "", true],
    ["HTTP/1.1", "connection: close\r\n", false],
    ["HTTP/1.1", "connection: upgrade, Close\r\n", false],
    ["HTTP/1.1", "connection: closed\r\n", true],
    ["HTTP/1.0", "", false],
    ["HTTP/1.0", "connection: Keep-Alive\r\n", true],
    ["HTTP/1.0", "connection: keep-alive, close\r\n", false],
  ])("of %s with %j keeps its connection: %s", (version, fields, keepsAlive) => {
    expect(parseRequestHead(`GET / ${version}\r\n${host}${fields}`).keepsAlive).toBe(keepsAlive);
  });

  it.each(["/", "/a/%00?b#c", "*", "http://a/b", "HTTPS://a"])("may have the target %s", (target) => {
    expect(refusedWith(`OPTIONS ${target} HTTP/1.1\r\n${host}`)).toBeUndefined();
  });

  it.each(["a", "a:80", "[::1]:8080", "", "a:", "a_b.c-d"])("may name the host %j", (name) => {
    expect(refusedWith(get(`host: ${name}\r\n`))).toBeUndefined();
  });

  it.each<[string, string, number]>([
    ["no request line", "\r\n", 400],
    ["a word", "BROKEN\r\n", 400],
    ["no version", `GET /\r\n${host}`, 400],
    ["another version", `GET / HTTP/1.2\r\n${host}`, 505],
    ["a version of HTTP/2", `GET / HTTP/2.0\r\n${host}`, 505],
    ["an old version", `GET / HTTP/0.9\r\n${host}`, 505],
    ["a version in lower case", `GET / http/1.1\r\n${host}`, 400],
    ["two spaces", `GET  / HTTP/1.1\r\n${host}`, 400],
    ["a space in its target", `GET /a b HTTP/1.1\r\n${host}`, 400],
    ["a character beyond ASCII in its target", `GET /\xe7 HTTP/1.1\r\n${host}`, 400],
    ["a tab in its line", `GET\t/ HTTP/1.1\r\n${host}`, 400],
    ["a space behind its line", `GET / HTTP/1.1 \r\n${host}`, 400],
    ["a target without a slash", `GET a HTTP/1.1\r\n${host}`, 400],
    ["a target of another scheme", `GET ftp://a/ HTTP/1.1\r\n${host}`, 400],
    ["the target of CONNECT", `CONNECT a:80 HTTP/1.1\r\n${host}`, 400],
    ["a star for its target", `GET * HTTP/1.1\r\n${host}`, 400],
    ["an unknown method", `HACK / HTTP/1.1\r\n${host}`, 400],
    ["a method in lower case", `get / HTTP/1.1\r\n${host}`, 400],
    ["the method of the preface", `PRI / HTTP/1.1\r\n${host}`, 400],
    ["a space before a colon", get(`${host}a : b\r\n`), 400],
    ["a line that continues another", get(`${host}a: b\r\n c\r\n`), 400],
    ["a line without a colon", get(`${host}a\r\n`), 400],
    ["no name before a colon", get(`${host}: b\r\n`), 400],
    ["a character that is in no name", get(`${host}a(: b\r\n`), 400],
    ["a zero in a value", get(`${host}a: \0\r\n`), 400],
    ["a return in a value", get(`${host}a: b\rc: d\r\n`), 400],
    ["a line break without its return", get(`${host}a: b\nc: d\r\n`), 400],
    ["no host", get(""), 400],
    ["two hosts", get(`${host}host: a\r\n`), 400],
    ["two hosts, in HTTP/1.0", `GET / HTTP/1.0\r\n${host}host: b\r\n`, 400],
    ["a host with a space", get("host: a b\r\n"), 400],
    ["a host with a user", get("host: a@b\r\n"), 400],
    ["a host with a path", get("host: a/b\r\n"), 400],
    ["a name in the brackets of an address", get("host: [evil.example]\r\n"), 400],
    ["a length that is not a number", get(`${host}content-length: 0x6\r\n`), 400],
    ["a negative length", get(`${host}content-length: -6\r\n`), 400],
    ["a length with a sign", get(`${host}content-length: +6\r\n`), 400],
    ["no length behind its name", get(`${host}content-length:\r\n`), 400],
    ["a length beyond whole numbers", get(`${host}content-length: 99999999999999999999\r\n`), 400],
    ["a list of lengths", get(`${host}content-length: 6, 6\r\n`), 400],
    ["two lengths", get(`${host}content-length: 6\r\ncontent-length: 7\r\n`), 400],
    ["the same length twice", get(`${host}content-length: 6\r\ncontent-length: 6\r\n`), 400],
    ["a length and chunks", get(`${host}content-length: 6\r\ntransfer-encoding: chunked\r\n`), 400],
    ["chunks and a length", get(`${host}transfer-encoding: chunked\r\ncontent-length: 6\r\n`), 400],
    ["chunks in HTTP/1.0", `GET / HTTP/1.0\r\ntransfer-encoding: chunked\r\n`, 400],
    ["another encoding", get(`${host}transfer-encoding: gzip, chunked\r\n`), 501],
    ["an encoding behind chunks", get(`${host}transfer-encoding: chunked, identity\r\n`), 501],
    ["chunks twice", get(`${host}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n`), 501],
    ["an encoding that looks like chunks", get(`${host}transfer-encoding: \x0bchunked\r\n`), 400],
    ["another expectation", get(`${host}expect: a\r\n`), 417],
    ["too many headers", get(`${host}${"a: b\r\n".repeat(128)}`), 431],
  ])("is refused with %s", (_title, text, status) => {
    expect(refusedWith(text)).toBe(status);
  });

  it("has no header by a name that every object has", () => {
    const { headers } = parseRequestHead(get(`${host}__proto__: a\r\nconstructor: b\r\nconstructor: c\r\n`));
    expect(Object.entries(headers)).toEqual([
      ["host", "a"],
      ["__proto__", "a"],
      ["constructor", "b, c"],
    ]);
  });
});
