import { expect, it } from "vitest";
import { maxPageChars, pageOf } from "../../src/catalog/search/page.ts";

const order = { key: "ID", descending: false, read: ({ id }: { readonly id: string }) => id };

it("ends a page once its texts are long, and continues on the next", async () => {
  const readme = "x".repeat(maxPageChars / 4);
  const items = Array.from({ length: 10 }, (_, i) => ({ id: String(i), readme }));
  const found: string[] = [];
  const sizes: number[] = [];
  let pageToken = "";
  do {
    const page = await pageOf(items, order, () => true, { pageSize: 1000, pageToken }, []);
    found.push(...page.items.map(({ id }) => id));
    sizes.push(page.items.length);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(found).toEqual(items.map(({ id }) => id));
  expect(sizes).toEqual([4, 4, 2]);
});

it("sends one entry at least, however long it is", async () => {
  const items = ["a", "b"].map((id) => ({ id, readme: "x".repeat(2 * maxPageChars) }));
  const { items: first, nextPageToken } = await pageOf(items, order, () => true, { pageSize: 5, pageToken: "" }, []);
  expect(first).toHaveLength(1);
  expect(nextPageToken).not.toBe("");
});

it("counts texts of properties", async () => {
  const customProperties = { card: { metadataType: "MetadataStringValue", string_value: "x".repeat(maxPageChars) } };
  const items = ["a", "b"].map((id) => ({ id, customProperties }));
  expect((await pageOf(items, order, () => true, { pageSize: 5, pageToken: "" }, [])).items).toHaveLength(1);
});

it("rejects conditions that take too long", async () => {
  const items = Array.from({ length: 100 }, (_, i) => ({ id: String(i) }));
  const slow = (): boolean => {
    const until = performance.now() + 100;
    while (performance.now() < until);
    return false;
  };
  await expect(pageOf(items, order, slow, { pageSize: 5, pageToken: "" }, [])).rejects.toMatchObject({
    reason: "INVALID_FILTER",
  });
});
