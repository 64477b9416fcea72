import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createDocumentReader } from "../../src/sources/document-reader.ts";
import { type ReadDocument, readModelsDocument } from "../../src/sources/models-document.ts";
import { countTurns } from "../support/count-turns.ts";

const count = 200;

/** A document of many models; above what is read where it is asked for. */
function documentOf(description: (i: number) => string): string {
  const entry = (i: number): string =>
    `- {name: m${i}, service: s, type: anomaly, timeout: 5s, description: ${description(i)},` +
    ` inputFeatures: [{name: x, type: number, min: ${i}}], remediationActions: [{type: t, limit: .inf, by: {n: 1}}]}\n`;
  return `models:\n${Array.from({ length: count }, (_, i) => entry(i)).join("")}`;
}

function entriesOf(document: ReadDocument) {
  if ("problem" in document) throw new Error(document.problem);
  return document.snapshot.entries;
}

describe("a large document", () => {
  const text = documentOf(() => "text");

  it.each([
    ["good entries", text],
    ["bad entries among them", `${text}- {name: bad}\n- words\n`],
    ["nothing that can be read", `${text}\n]`],
  ])("with %s is read like a small one", async (_title, document) => {
    const read = await createDocumentReader("ns")(document, "models.yaml");
    expect(read).toStrictEqual(readModelsDocument(document, "models.yaml", "ns"));
  });

  it("comes in parts, between which others get their turn", async () => {
    const turns = await countTurns(() => createDocumentReader("ns")(text, "models.yaml"));
    expect(turns).toBeGreaterThanOrEqual(count / 100);
  });

  it("that keeps the parser busy for too long is given up, and others get their turn meanwhile", async () => {
    const slow = `models: [${`${"? ".repeat(120)},`.repeat(4000)}]`;
    let turns = 0;
    const timer = setInterval(() => turns++, 10);
    const read = await createDocumentReader("ns", 300)(slow, "models.yaml");
    clearInterval(timer);
    expect(read).toEqual({
      problem: expect.stringMatching(/^models.yaml: takes longer than 0.3 s .*DOCUMENT_TIMEOUT/),
      mayPass: true,
    });
    expect(turns).toBeGreaterThan(5);
  });

  it("that was given up is read again after a while, and not before", async () => {
    const never = createDocumentReader("ns", 1, { minMs: 3_600_000, maxMs: 3_600_000 });
    const given = await never(text, "models.yaml");
    expect(given).toMatchObject({ mayPass: true });
    expect(await never(text, "models.yaml")).toBe(given);

    const soon = createDocumentReader("ns", 1, { minMs: 1, maxMs: 1 });
    const first = await soon(text, "models.yaml");
    await sleep(2);
    expect(await soon(text, "models.yaml")).not.toBe(first);
  });

  it("that is read again gives the same object for every entry that is as it was", async () => {
    const read = createDocumentReader("ns");
    const before = entriesOf(await read(text, "models.yaml"));
    const after = entriesOf(
      await read(
        documentOf((i) => (i === 7 ? "other" : "text")),
        "models.yaml",
      ),
    );
    expect(after.flatMap((entry, i) => (entry === before[i] ? [] : [i]))).toEqual([7]);
    expect(after[7]!.entry.description).toBe("other");
  });
});
