import { compareVersions, type VersionWithArtifacts } from "../compare.ts";
import { type CallOptions, type Comparison, maxCompared, maxPageSize, type PageQuery } from "../ports.ts";
import { charsOf, type VersionRecord } from "../record.ts";
import { invalid } from "../versions-error.ts";
import { getRecord, listRecords } from "./read-records.ts";
import { reader, type StoreContext } from "./store-context.ts";
import { streamPages } from "./stream-pages.ts";

/** How many characters the texts of compared versions may have together, including their metrics and parameters. */
const maxComparedChars = 16 * 1024 * 1024;

/** The artifacts that a comparison shows. */
const compared = ["metric", "parameter"] as const;

/** Compares versions. Fails with INVALID for too many or too few, and for too much text to compare at once. */
export async function compareRecords(
  context: StoreContext,
  ids: readonly string[],
  options: CallOptions = {},
): Promise<Comparison> {
  if (ids.length < 2 || ids.length > maxCompared) {
    throw refusal("value", `expected 2 to ${maxCompared} versions; found ${ids.length}`);
  }
  let charsLeft = maxComparedChars;
  const count = (records: readonly VersionRecord[]): void => {
    for (const record of records) charsLeft -= charsOf(record);
    if (charsLeft < 0) {
      throw refusal("too_long", `more than ${maxComparedChars} characters in all; compare fewer versions at a time`);
    }
  };
  const load = async (id: string): Promise<VersionWithArtifacts> => {
    const version = await getRecord(context, reader(context, options.signal), "modelVersion", { id });
    count([version]);
    const artifacts: VersionRecord[] = [];
    for (const kind of compared) {
      const list = (page: PageQuery) => listRecords(context, kind, page, options);
      for await (const records of streamPages(list, { where: { modelVersionId: id } }, maxPageSize)) {
        count(records);
        artifacts.push(...records);
      }
    }
    return { version, artifacts };
  };
  return compareVersions(await Promise.all(ids.map(load)));
}

function refusal(problem: "value" | "too_long", description: string) {
  return invalid("modelVersion", { field: "versions", problem, description });
}
