import type { DescMessage, DescMethodUnary } from "@bufbuild/protobuf";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { type KindName, kinds } from "../../versions/kinds/kinds.ts";
import type { KindOrArtifact } from "../../versions/ports.ts";

/** A kind as the contract has it: its message, and the names of its methods and fields. */
export interface ContractKind {
  readonly kind: KindOrArtifact;
  /** The field of requests and answers that holds a record: `model_version`. */
  readonly field: string;
  /** The message of a record. */
  readonly message: DescMessage;
  /** The methods, by their local names. */
  readonly methods: {
    readonly create: DescMethodUnary;
    readonly get: DescMethodUnary;
    readonly list: DescMethodUnary;
    readonly update: DescMethodUnary;
    readonly delete: DescMethodUnary;
  };
  /** The field of a list that holds the records: `modelVersions`. */
  readonly listField: string;
  /** The fields of a list request that name a parent. */
  readonly parents: readonly string[];
  /** The field within whose value names are unique; undefined: in the whole store. */
  readonly uniqueWithin: string | undefined;
}

const methods = VersionRegistry.method as unknown as Readonly<Record<string, DescMethodUnary>>;

function contractKind(kind: KindOrArtifact): ContractKind {
  const title = kind === "artifact" ? "Artifact" : kinds[kind].title;
  const list = methods[`list${title}s`]!;
  return {
    kind,
    field: methods[`create${title}`]!.input.field[kind]!.name,
    message: methods[`create${title}`]!.input.field[kind]!.message!,
    methods: {
      create: methods[`create${title}`]!,
      get: methods[`get${title}`]!,
      list,
      update: methods[`update${title}`]!,
      delete: methods[`delete${title}`]!,
    },
    listField: list.output.fields[0]!.localName,
    parents: list.input.fields.map(({ localName }) => localName).filter((name) => name.endsWith("Id")),
    uniqueWithin: kinds[kind === "artifact" ? "modelArtifact" : kind].uniqueWithin,
  };
}

/** Every kind of the contract: each kind of the store, and the sorts of artifact as one. */
export const contractKinds: readonly ContractKind[] = [
  ...(Object.keys(kinds) as KindName[]).filter((kind) => kinds[kind].artifactType === undefined),
  "artifact" as const,
].map(contractKind);

/** The kind of the contract that a kind of the store belongs to. */
export function contractKindOf(kind: KindOrArtifact): ContractKind {
  const wanted = kind !== "artifact" && kinds[kind].artifactType !== undefined ? "artifact" : kind;
  return contractKinds.find((one) => one.kind === wanted)!;
}
