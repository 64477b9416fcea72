import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { blocksOf, readPage } from "../docs/snippets.ts";
import { programs } from "./support/paths.ts";
import { output } from "./support/run.ts";

/** Says which fields of an InferenceService KServe's own client does not know. */
const unknownFields = `
import json, re, sys
import kserve.models as models

def check(kind, value, path):
    inner = re.fullmatch(r"(?:list\\[|dict\\(str, )(\\w+)[\\])]", kind)
    if inner:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items: check(inner[1], item, f"{path}.{key}")
    elif hasattr(models, kind):
        known = getattr(models, kind)
        fields = {field: known.openapi_types[name] for name, field in known.attribute_map.items()}
        for field, item in value.items():
            if field in fields: check(fields[field], item, f"{path}.{field}")
            else: print(f"{path}.{field}")

check("V1beta1InferenceService", json.load(sys.stdin), "")`;

const unknownIn = (object: unknown): Promise<string> =>
  output(programs.kservePython, ["-c", unknownFields], { stdin: JSON.stringify(object) });

describe("the InferenceServices of docs/CUSTOM-MODELS.md", () => {
  const page = readPage("docs/CUSTOM-MODELS.md");
  const shown = blocksOf(page, "yaml").filter((text) => text.includes("kind: InferenceService"));
  const patches = [...page.matchAll(/kubectl patch inferenceservice [^']*'([^']*)'/g)].map(([, patch]) => patch!);

  it("have fields that KServe knows, and so have their changes", async () => {
    expect([shown.length, patches.length]).toEqual([1, 2]);
    for (const text of [...shown, ...patches]) expect(await unknownIn(parse(text))).toBe("");
  });

  it("would be found out otherwise", async () => {
    const misspelt = { spec: { predictor: { canaryPercent: 10, model: { storageURI: "pvc://a" } } } };
    expect(await unknownIn(misspelt)).toBe(".spec.predictor.canaryPercent\n.spec.predictor.model.storageURI\n");
  });
});
