import fc from "fast-check";
import { type Contract, contractOf } from "../../../../src/contract/contract.ts";
import { macros, reservedSegments, reservedWords } from "../../../../src/contract/reserved-words.ts";
import type { ModelEntry } from "../../../../src/registry/model.ts";
import { entryOf, oddNames } from "../../../contract/entries.ts";

/** A contract, and the entry that it was made from. */
export interface AwkwardContract {
  readonly entry: ModelEntry;
  readonly contract: Contract;
}

/** Features that are called like a member of every message, somewhere. */
const members = [
  ..."descriptor default_instance default_instance_for_type descriptor_for_type parser_for_type all_fields".split(" "),
  ..."initialization_error_string serialized_size cached_size unknown_fields mutable_unknown_fields class swap".split(
    " ",
  ),
  ..."bit_field0 internal_default_instance memoized_is_initialized has_bits impl arena metadata reflection".split(" "),
  ..."reset string proto_message proto_reflect marshal unmarshal extension_range_array extension_map".split(" "),
  ..."parser types equals to_string get_hash_code write_to clone calculate_size merge_from on_construction".split(" "),
  ..."oneof self hash object_id description init copy new alloc dealloc type value values fields size".split(" "),
  ..."encode decode encoded_len clear default from into builder to_builder build is_initialized".split(" "),
];

/** Features beside others that they could be an accessor of. */
const accessors = ["gpu", "color"].flatMap((name) => [
  ...["", "has_", "get_", "set_", "clear_", "mutable_", "release_", "set_allocated_", "add_"].map(
    (verb) => verb + name,
  ),
  ...["_bytes", "_field_number", "_list", "_count", "_size", "_builder", "_or_builder", "_case"].map(
    (end) => name + end,
  ),
]);

const keywords = [...reservedSegments, ...reservedWords, ...macros];

const features = fc.uniqueArray(
  fc.record({
    name: fc.oneof(
      fc.constantFrom(...members),
      fc.constantFrom(...accessors),
      fc.constantFrom(...keywords),
      fc.constantFrom(...oddNames.filter((name) => name.isWellFormed())),
    ),
    type: fc.constantFrom("number", "integer", "boolean", "string", "string"),
  }),
  { minLength: 8, maxLength: 40, selector: ({ name }) => name },
);

const modelNames = fc
  .oneof(
    fc.constantFrom(...keywords.map((word) => word.replaceAll("_", "-"))),
    fc.constantFrom(
      ..."2fast 3d a-b a--b ab v1 kserve models clusters registry io com org java javax kotlin python rust".split(" "),
      ..."instance prediction predict-request predict-response predict stub service channel status context".split(" "),
      ..."instance-schema prediction-or-builder async-service disk-windows disk-arm64 x-js x-test linux-test".split(
        " ",
      ),
      ..."option vec result string error main init model model-class grpc-web protobuf tensor value struct".split(" "),
    ),
  )
  .chain((name) => fc.constantFrom(name, `spoke/${name}`, `${name}/iris`));

const outputFormats = fc.record(
  {
    field: fc.constantFrom(
      ...members,
      ...accessors,
      ..."label_bytes has_label has_prediction prediction_builder".split(" "),
    ),
    threshold: fc.constant(0.5),
    labels: fc.constantFrom({ "1": "up", "0": "down" }, { up: "up" }),
  },
  { requiredKeys: ["field"] },
);

/** Contracts of models whose names and features are words of programming languages; always the same ones. */
export function awkwardContracts(count: number): AwkwardContract[] {
  const seen = new Set<string>();
  const made: AwkwardContract[] = [];
  const samples = fc.sample(fc.tuple(modelNames, features, outputFormats), { numRuns: count * 4, seed: 16 });
  // First the ones that did not compile once.
  const known = ["internal", "vendor", "2fast", "disk-windows", "static-cast/iris", "linux"].map((name) => [
    name,
    "descriptor default_instance color color_bytes gpu has_gpu proto_reflect typeof linux bit_field0"
      .split(" ")
      .map((feature) => ({ name: feature, type: "string" })),
    { field: "has_prediction" },
  ]);
  for (const [name, inputFeatures, outputFormat] of [...known, ...samples] as typeof samples) {
    if (made.length === count) break;
    // Rust makes one module of `a_b` and `a__b`: each compiles, but not both in one crate.
    const key = name.replace(/-+/g, "-");
    if (seen.has(key)) continue;
    seen.add(key);
    const entry = { ...entryOf({ name: "any", inputFeatures, outputFormat }), name };
    made.push({ entry, contract: contractOf(entry)! });
  }
  return made;
}
