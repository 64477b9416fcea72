import { describe, expect, it } from "vitest";
import { ListItems, maxObjectBytes } from "../../../src/kube/list-items.ts";

/** Takes a text in pieces of some bytes, and returns what was cut out of it. */
function cut(text: string, pieceBytes: number): { readonly items: readonly string[]; readonly envelope: string } {
  const list = new ListItems();
  const bytes = Buffer.from(text);
  const items: string[] = [];
  for (let i = 0; i < bytes.length; i += pieceBytes) items.push(...list.take(bytes.subarray(i, i + pieceBytes)));
  return { items, envelope: list.envelope };
}

const metadata = { resourceVersion: "10", continue: "e30=" };

describe("the items of a list", () => {
  it.each<[string, readonly unknown[]]>([
    ["none", []],
    ["one", [{ a: 1 }]],
    ["nested lists and objects", [{ a: [[1, 2], { items: [3] }] }, { items: [[]] }, {}]],
    ["texts with quotes, brackets and backslashes", [{ a: '],[}{"\\', b: '\\"items":[' }, { "]\\": "\\\\" }]],
    ["characters of several bytes", [{ a: "äöü€𝄞" }, { "𝄞": "\u2028" }]],
    ["values that are not objects", [1, "a,b", null, [true]]],
  ])("are cut out wherever the pieces end: %s", (_, items) => {
    for (const list of [
      { kind: "List", metadata, items },
      { items, metadata, extra: ["items", { items: [1] }] },
      { 'x"items': [1], note: '"items":', items, metadata },
    ]) {
      for (const text of [JSON.stringify(list), JSON.stringify(list, undefined, 2)]) {
        for (const pieceBytes of [1, 2, 3, 7, 64, text.length * 4]) {
          const found = cut(text, pieceBytes);
          expect(found.items.map((item) => JSON.parse(item))).toEqual(items);
          expect(JSON.parse(found.envelope)).toEqual({ ...list, items: [] });
        }
      }
    }
  });

  it("are not found in what is not a list", () => {
    expect(cut('{"message":"no","items":null}', 5)).toEqual({ items: [], envelope: '{"message":"no","items":null}' });
    expect(cut('["items",[1]]', 5).items).toEqual([]);
  });

  it("are not taken when they are larger than any API server stores, nor what goes on beside them", () => {
    const piece = Buffer.alloc(1024 * 1024, "x");
    const tooLarge = new ListItems();
    tooLarge.take(Buffer.from('{"metadata":{},"items":[{"a":"'));
    const takeOne = (): void => {
      for (let i = 0; i <= maxObjectBytes / piece.length; i++) tooLarge.take(piece);
    };
    expect(takeOne).toThrow("an object of more than 8 MiB");
    const page = new ListItems();
    expect(() => page.take(Buffer.concat([Buffer.from("<html>"), piece]))).toThrow("something other than a list");
  });
});
