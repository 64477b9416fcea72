import { beforeAll, expect, it } from "vitest";
import type { ListQuery, OrderBy, VersionStore } from "../../../src/versions/ports.ts";
import type { VersionRecord } from "../../../src/versions/record.ts";
import { type StoreUnderTest, unique } from "../support/store-under-test.ts";

const orders: readonly OrderBy[] = ["ID", "CREATE_TIME", "LAST_UPDATE_TIME"];
const everyOrder = orders.flatMap((orderBy) => [false, true].map((descending) => ({ orderBy, descending })));

async function* pages(store: VersionStore, query: ListQuery, pageSize: number) {
  let pageToken = "";
  do {
    const page = await store.list("modelVersion", { ...query, pageSize, pageToken });
    yield page.records;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}

/** That pages lose nothing and repeat nothing. `rows` versions have a few times between them. */
export function describeLists(under: () => StoreUnderTest, rows: number): void {
  let model: VersionRecord;
  let ids: string[];
  let where: { registeredModelId: string };
  beforeAll(async () => {
    const { store } = under();
    model = await store.create("registeredModel", { fields: { name: unique() } });
    where = { registeredModelId: model.id };
    const first = await store.create("modelVersion", { fields: { name: "first", ...where } });
    await store.delete("modelVersion", first.id);
    ids = Array.from({ length: rows }, (_, i) => String(BigInt(first.id) + BigInt(i) + 1n));
    for (let start = 0; start < rows; start += 500) {
      await store.import(
        ids.slice(start, start + 500).map((id, i) => {
          const time = 1_700_000_000_000 + ((start + i) % 7);
          return {
            kind: "modelVersion",
            id,
            createTime: time,
            updateTime: time + (i % 3),
            fields: { name: `v${id}`, ...where },
          };
        }),
      );
    }
  });

  it.each(everyOrder)("come in order with equal times, by $orderBy, descending: $descending", async (order) => {
    const { store } = under();
    const records: VersionRecord[] = [];
    for await (const page of pages(store, { where, ...order }, 97)) records.push(...page);
    const key = ({ id, createTime, updateTime }: VersionRecord): readonly [number, bigint] => [
      order.orderBy === "ID" ? 0 : order.orderBy === "CREATE_TIME" ? createTime : updateTime,
      BigInt(id),
    ];
    const direction = order.descending ? -1 : 1;
    const sorted = [...records].sort((a, b) => {
      const [[left, leftId], [right, rightId]] = [key(a), key(b)];
      return direction * (left - right || (leftId < rightId ? -1 : 1));
    });
    expect(records.map(({ id }) => id)).toEqual(sorted.map(({ id }) => id));
    expect(new Set(records.map(({ id }) => id))).toEqual(new Set(ids));
  });

  it.each(everyOrder)(
    "lose and repeat nothing while records change, by $orderBy, descending: $descending",
    async (order) => {
      const { store } = under();
      const seen: string[] = [];
      const touched = new Set<string>();
      let page = 0;
      for await (const records of pages(store, { where, ...order }, Math.ceil(rows / 11))) {
        seen.push(...records.map(({ id }) => id));
        // One behind and one ahead of where the reader is, one that is new, and one that goes.
        const [behind, ahead] = [seen[page * 3]!, ids.find((id) => !seen.includes(id))];
        for (const id of [behind, ...(ahead === undefined ? [] : [ahead])]) {
          touched.add(id);
          await store.update("modelVersion", id, { fields: { author: `page ${page}` } });
        }
        const { id } = await store.create("modelVersion", { fields: { name: unique(), ...where } });
        touched.add(id);
        await store.delete("modelVersion", id);
        page++;
      }
      // By their time of update, those that are touched move; every other record is seen once.
      const moving = order.orderBy === "LAST_UPDATE_TIME" ? touched : new Set<string>();
      const stable = seen.filter((id) => ids.includes(id) && !moving.has(id));
      expect(stable).toHaveLength(new Set(stable).size);
      expect(new Set(stable)).toEqual(new Set(ids.filter((id) => !moving.has(id))));
    },
  );

  it("are streamed whole, and counted", async () => {
    const { store } = under();
    const found: string[] = [];
    for await (const batch of store.stream("modelVersion", { where })) found.push(...batch.map(({ id }) => id));
    expect(found).toEqual(ids);
    expect(await store.count("modelVersion", { where })).toBe(rows);
    expect(await store.count("modelVersion", { where, filter: `name = "v${ids[0]}"` })).toBe(1);
  });

  it("come in short pages where their records are long, and lose nothing", async () => {
    const { store } = under();
    const { id } = await store.create("registeredModel", { fields: { name: unique() } });
    const made: string[] = [];
    const inputFeatures = JSON.stringify("x".repeat(900_000));
    for (let i = 0; i < 24; i++) {
      const fields = { name: unique(), registeredModelId: id, ...(i === 3 ? {} : { inputFeatures }) };
      made.push((await store.create("modelVersion", { fields })).id);
    }
    const long = { registeredModelId: id };
    const sizes: number[] = [];
    const found: string[] = [];
    for await (const page of pages(store, { where: long }, 1000)) {
      sizes.push(page.length);
      found.push(...page.map((record) => record.id));
    }
    expect(found).toEqual(made);
    expect(Math.max(...sizes)).toBeLessThan(8);
    const asJson = await store.listJson("modelVersion", { where: long, pageSize: 1000 }, { isAlpha: false });
    expect(asJson).toMatchObject({ size: sizes[0] });
    expect(asJson.nextPageToken).not.toBe("");
    const streamed: string[] = [];
    for await (const batch of store.stream("modelVersion", { where: long }))
      streamed.push(...batch.map((one) => one.id));
    expect(streamed).toEqual(made);
    await expect(store.compare(made.slice(0, 20))).rejects.toMatchObject({ reason: "INVALID" });
    expect((await store.compare(made.slice(0, 2))).versions).toHaveLength(2);
    // Many at once, which wait for each other where they have to.
    const all = await Promise.all(
      Array.from({ length: 40 }, () => store.list("modelVersion", { where: long, pageSize: 1000 })),
    );
    expect(all.map(({ records }) => records.length)).toEqual(Array.from({ length: 40 }, () => sizes[0]));
  });

  it("can be left in the middle of a stream", async () => {
    const { store } = under();
    for await (const batch of store.stream("modelVersion", { where })) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    expect(await store.count("modelVersion", { where })).toBe(rows);
  });

  it("end with a page that is full to the last", async () => {
    const { store } = under();
    const filter = `id IN (${ids.slice(0, 20).join()})`;
    const page = await store.list("modelVersion", { where, filter, pageSize: 20 });
    expect(page.records).toHaveLength(20);
    expect(page.nextPageToken).toBe("");
    expect((await store.list("modelVersion", { where, filter, pageSize: 19 })).nextPageToken).not.toBe("");
  });

  it("of a parent that does not exist are empty", async () => {
    const { store } = under();
    for (const id of ["9007199254740993", "x", "", "1 OR 1=1"]) {
      expect(await store.list("modelVersion", { where: { registeredModelId: id }, pageSize: 5 })).toEqual({
        records: [],
        nextPageToken: "",
      });
      expect(await store.count("modelVersion", { where: { registeredModelId: id } })).toBe(0);
    }
  });

  it("refuse a page token that is not theirs", async () => {
    const { store } = under();
    const query = { where, pageSize: 5, filter: 'name != "x"' } as const;
    const { nextPageToken: pageToken } = await store.list("modelVersion", query);
    const refused = async (kind: "modelVersion" | "artifact", other: object) => {
      await expect(store.list(kind, { ...query, pageToken, ...other })).rejects.toMatchObject({
        reason: "INVALID_PAGE_TOKEN",
      });
    };
    await refused("modelVersion", { filter: 'name != "y"' });
    await refused("modelVersion", { where: {} });
    await refused("modelVersion", { orderBy: "CREATE_TIME" });
    await refused("modelVersion", { descending: true });
    await refused("artifact", { where: {} });
    const forged = Buffer.from(JSON.stringify(["ID", false, "1' OR 1=1", "1", "x"])).toString("base64url");
    for (const wrong of ["x", "e30", `${pageToken}x`, "A".repeat(2000), "\0", forged]) {
      await refused("modelVersion", { pageToken: wrong });
    }
    expect((await store.list("modelVersion", { ...query, pageSize: 7, pageToken })).records).toHaveLength(7);
  });
}
