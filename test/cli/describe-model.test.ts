import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import {
  Comparison,
  FeatureType,
  InputFormat,
  ModelSchema,
  ModelSource,
} from "../../gen/kserve/registry/v1/model_pb.ts";
import { AddressRule, GetModelResponseSchema } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { exampleCommand } from "../../src/cli/example-command.ts";
import { describeModel } from "../../src/cli/output/describe-model.ts";

function described(init: MessageInitShape<typeof GetModelResponseSchema>): string {
  const detail = create(GetModelResponseSchema, init);
  detail.model ??= create(ModelSchema, { name: "m" });
  return describeModel(detail, "example");
}

const withModel = (model: MessageInitShape<typeof ModelSchema>): string => described({ model });
const text = (value: string) => ({ kind: { case: "stringValue", value } }) as const;
const number = (value: number) => ({ kind: { case: "numberValue", value } }) as const;

describe("the description of a model", () => {
  it.each([
    [AddressRule.ENTRY_URL, "from the entry's url"],
    [AddressRule.INFERENCE_SERVICE, "from the address of the InferenceService"],
    [AddressRule.URL_FORMAT, "from KSERVE_URL_FORMAT, with the entry's service and namespace"],
  ])("says by which rule the address was made: %s", (rule, words) => {
    expect(described({ address: { url: "http://x", predictPath: "/p", rule } })).toContain(
      `Address:        http://x/p\n                ${words}\n`,
    );
  });

  it("marks the entries that are shadowed", () => {
    const updateTime = timestampFromMs(Date.now() - 7_200_000);
    const entries = [
      { source: ModelSource.FILE, location: "models.yaml[0]", updateTime },
      { source: ModelSource.ENVIRONMENT, location: "KSERVE_MODEL_REGISTRY[2]", updateTime, shadowed: true },
    ];
    expect(described({ entries })).toContain(
      "Entries:        models.yaml[0] (file), served, unchanged for 2h\n" +
        "                KSERVE_MODEL_REGISTRY[2] (environment), shadowed by the first, unchanged for 2h\n",
    );
  });

  it.each([
    [{ name: "cpu" }, "cpu"],
    [
      { name: "cpu", type: FeatureType.NUMBER, unit: "percent", min: 0, max: 100 },
      "cpu: number, percent, from 0, to 100",
    ],
    [{ name: "n", type: FeatureType.INTEGER, nullable: true }, "n: integer, may be null"],
    [{ name: "s", values: [text("a"), number(2)], defaultValue: text("a") }, 's: one of "a", 2, default "a"'],
    [{ name: "d", description: "days\u0007" }, "d: days\\u0007"],
  ])("says all that is declared of a feature", (feature, line) => {
    expect(withModel({ inputFeatures: [feature] })).toContain(`Features:       0  ${line}\n`);
  });

  it("describes a form of the input that is not the usual one", () => {
    const inputFeatures = [{ name: "cpu" }];
    expect(withModel({ inputFeatures, inputFormat: InputFormat.RECORD_OF_LISTS })).toContain(
      "(sent to the model as record-of-lists)",
    );
    expect(withModel({ inputFeatures, inputFormat: InputFormat.ARRAY })).not.toContain("sent to the model");
  });

  it.each([
    [Comparison.UNSPECIFIED, ">="],
    [Comparison.GREATER_OR_EQUAL, ">="],
    [Comparison.GREATER, ">"],
    [Comparison.LESS_OR_EQUAL, "<="],
    [Comparison.LESS, "<"],
    [Comparison.EQUAL, "=="],
    [Comparison.NOT_EQUAL, "!="],
  ])("writes comparison %s as %s", (comparison, sign) => {
    expect(withModel({ triggers: [{ type: "t", metric: "m", threshold: 1, comparison }] })).toContain(
      `t on m ${sign} 1`,
    );
    expect(withModel({ outputFormat: { threshold: 2, comparison } })).toContain(`needs action if ${sign} 2`);
  });

  it("says what values of a prediction mean, and its shape", () => {
    const out = withModel({ outputFormat: { labels: { "-1": "anomaly" }, shape: { dimensions: [2, 3] } } });
    expect(out).toContain(
      "Output:         the prediction itself\n                -1 means anomaly\n                a prediction is a list of 2 x 3\n",
    );
    expect(withModel({ outputFormat: { shape: { dimensions: [] } } })).toContain("a prediction is a single value");
  });

  it("leaves out what is not there", () => {
    expect(described({}).split("\n")).toEqual([
      "Name:           m",
      "State:          unknown",
      "Features:       none declared: rows are passed through unchanged",
      "Example:        example",
      "",
    ]);
  });
});

describe("the example command", () => {
  const model = { name: "m", namespace: "a", holdsName: true };
  const detail = create(GetModelResponseSchema, { model, exampleRequest: `{"instances":[{"it's":1}]}` });

  it("quotes the request of the model for a shell, and leaves out the default address", () => {
    expect(exampleCommand(detail, { address: "http://127.0.0.1:8080", caFile: undefined, tokenFile: undefined })).toBe(
      `kserve-model-registry predict m '{"instances":[{"it'\\''s":1}]}'`,
    );
  });

  it("names the namespace of a model that does not hold its name", () => {
    const other = create(GetModelResponseSchema, {
      model: { ...model, holdsName: false },
      exampleRequest: detail.exampleRequest,
    });
    expect(
      exampleCommand(other, { address: "http://127.0.0.1:8080", caFile: undefined, tokenFile: undefined }),
    ).toMatch(/predict m -n a '/);
  });

  it("goes to the same server, with the same authorities", () => {
    expect(exampleCommand(detail, { address: "https://x:1/p", caFile: "my ca.pem", tokenFile: "/t" })).toMatch(
      / --address https:\/\/x:1\/p --ca-file 'my ca.pem' --token-file \/t$/,
    );
  });
});
