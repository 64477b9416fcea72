import { randomUUID } from "node:crypto";
import type { DatabaseOptions } from "../../src/versions/database-options.ts";
import type { Call, Caller } from "./calls.ts";
import { modelName } from "./contents.ts";

const base = "/api/model_registry/v1";

/** What a case needs to know of the models that there are. */
export interface Contents {
  readonly count: number;
  /** The token of a page near the last one. */
  readonly lastToken: string;
}

/** One kind of request that is measured. */
export interface Case {
  readonly name: string;
  /** CPU time of server and database together, in milliseconds for one request. */
  readonly atMostMs: number;
  call(contents: Contents, number: number): Call;
  /** The same of the bare handler. */
  floor?(contents: Contents, number: number): Call;
}

const idOf = ({ count }: Contents, number: number): number => 1 + ((number * 7919) % count);
const list = (query: Readonly<Record<string, string>>): Call => ({
  path: `${base}/registered_models?${new URLSearchParams(query)}`,
});
const threeProperties = {
  builds: { metadataType: "MetadataIntValue", int_value: "7" },
  stage: { metadataType: "MetadataStringValue", string_value: "stage-1" },
  team: { metadataType: "MetadataStringValue", string_value: "team-1" },
};

export const cases: readonly Case[] = [
  {
    name: "get by id",
    atMostMs: 0.12,
    call: (contents, number) => ({ path: `${base}/registered_models/${idOf(contents, number)}` }),
    floor: (contents, number) => ({ path: `/get?id=${idOf(contents, number)}` }),
  },
  {
    name: "find by name",
    atMostMs: 0.12,
    call: (contents, number) => ({ path: `${base}/registered_model?name=${modelName(idOf(contents, number))}` }),
    floor: (contents, number) => ({ path: `/find?name=${modelName(idOf(contents, number))}` }),
  },
  {
    name: "page of 20",
    atMostMs: 0.25,
    call: () => list({ pageSize: "20" }),
    floor: () => ({ path: "/page20?after=0" }),
  },
  {
    name: "page of 100",
    atMostMs: 0.6,
    call: () => list({ pageSize: "100" }),
    floor: () => ({ path: "/page100?after=0" }),
  },
  {
    name: "page of 20, near the last",
    atMostMs: 0.275,
    call: ({ lastToken }) => list({ pageSize: "20", nextPageToken: lastToken }),
  },
  {
    name: "filter on two properties, page of 20, 4 % match",
    atMostMs: 1,
    call: () => list({ pageSize: "20", filterQuery: 'team = "team-7" AND builds < 1000' }),
  },
  {
    name: "the same, 20 % and 4 % match, and none both",
    atMostMs: 2.5,
    call: () => list({ pageSize: "20", filterQuery: 'stage = "stage-1" AND team = "team-7"' }),
  },
  {
    name: "create with 3 properties",
    atMostMs: 0.45,
    call: () => ({
      method: "POST",
      path: `${base}/registered_models`,
      body: JSON.stringify({ name: randomUUID(), customProperties: threeProperties }),
    }),
  },
  {
    name: "`RegisterVersion` with model, artifact and metric",
    atMostMs: 1.2,
    call: () => ({
      method: "POST",
      path: "/kserve.versions.v1.VersionRegistry/RegisterVersion",
      body: JSON.stringify({
        registeredModel: { name: randomUUID() },
        modelVersion: { name: "1.0.0" },
        artifacts: [{ modelArtifact: { uri: "s3://models/1.0.0" } }, { name: "accuracy", metric: { value: 0.97 } }],
      }),
    }),
  },
];

/** The reads whose cost must not depend on how many models there are, and by how much it may. */
export const growing: readonly { readonly name: string; readonly atMost: number }[] = [
  { name: "get by id", atMost: 1.2 },
  { name: "find by name", atMost: 1.1 },
  { name: "page of 20", atMost: 1.5 },
];

/** Filters cost SQLite as much as others; all else half of it. */
export function limitOf({ name, atMostMs }: Case, kind: DatabaseOptions["kind"]): number {
  return kind === "sqlite" && !/filter|none both/.test(name) ? atMostMs / 2 : atMostMs;
}

export const everything: Call = { path: `${base}/registered_models` };

/** Walks through all pages, and returns the token of the one before the last. */
export async function lastToken(caller: Caller): Promise<string> {
  let [before, token] = ["", ""];
  for (;;) {
    const { text } = await caller.send(list({ pageSize: "1000", nextPageToken: token }));
    const { nextPageToken } = JSON.parse(text) as { nextPageToken: string };
    if (nextPageToken === "") return before;
    [before, token] = [token || nextPageToken, nextPageToken];
  }
}
