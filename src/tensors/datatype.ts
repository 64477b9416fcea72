/** The datatypes of the Open Inference Protocol. */
export const datatypeNames = [
  "BOOL",
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "UINT8",
  "UINT16",
  "UINT32",
  "UINT64",
  "FP16",
  "BF16",
  "FP32",
  "FP64",
  "BYTES",
] as const;
export type DatatypeName = (typeof datatypeNames)[number];

/** What the elements of a tensor are. */
export interface Datatype {
  readonly name: DatatypeName;
  /** How many bytes an element takes in raw contents; 0 where each has a length of its own, which comes before it as uint32. */
  readonly bytes: number;
  /** How an element is written in JSON. */
  readonly json: "boolean" | "integer" | "number" | "string";
  /** The field of `InferTensorContents` that holds the elements; undefined for types that travel as raw contents alone. */
  readonly contents: { readonly field: number; readonly name: string } | undefined;
  /** The smallest and the largest integer, both inclusive; undefined for what is not an integer. */
  readonly range: { readonly min: bigint; readonly max: bigint } | undefined;
}

const contents = {
  bool: { field: 1, name: "bool_contents" },
  int: { field: 2, name: "int_contents" },
  int64: { field: 3, name: "int64_contents" },
  uint: { field: 4, name: "uint_contents" },
  uint64: { field: 5, name: "uint64_contents" },
  fp32: { field: 6, name: "fp32_contents" },
  fp64: { field: 7, name: "fp64_contents" },
  bytes: { field: 8, name: "bytes_contents" },
} as const;

type ContentsName = keyof typeof contents;

function signed(name: DatatypeName, bytes: number, field: ContentsName): Datatype {
  const bound = 1n << BigInt(bytes * 8 - 1);
  return { name, bytes, json: "integer", contents: contents[field], range: { min: -bound, max: bound - 1n } };
}

function unsigned(name: DatatypeName, bytes: number, field: ContentsName): Datatype {
  return {
    name,
    bytes,
    json: "integer",
    contents: contents[field],
    range: { min: 0n, max: (1n << BigInt(bytes * 8)) - 1n },
  };
}

function float(name: DatatypeName, bytes: number, field?: ContentsName): Datatype {
  return { name, bytes, json: "number", contents: field === undefined ? undefined : contents[field], range: undefined };
}

/** Every datatype by its name. */
export const datatypes: Readonly<Record<DatatypeName, Datatype>> = {
  BOOL: { name: "BOOL", bytes: 1, json: "boolean", contents: contents.bool, range: undefined },
  INT8: signed("INT8", 1, "int"),
  INT16: signed("INT16", 2, "int"),
  INT32: signed("INT32", 4, "int"),
  INT64: signed("INT64", 8, "int64"),
  UINT8: unsigned("UINT8", 1, "uint"),
  UINT16: unsigned("UINT16", 2, "uint"),
  UINT32: unsigned("UINT32", 4, "uint"),
  UINT64: unsigned("UINT64", 8, "uint64"),
  FP16: float("FP16", 2),
  BF16: float("BF16", 2),
  FP32: float("FP32", 4, "fp32"),
  FP64: float("FP64", 8, "fp64"),
  BYTES: { name: "BYTES", bytes: 0, json: "string", contents: contents.bytes, range: undefined },
};

/** The datatype of a name as a message writes it; undefined for an unknown one. Names are upper case. */
export function datatypeOf(name: string): Datatype | undefined {
  return Object.hasOwn(datatypes, name) ? datatypes[name as DatatypeName] : undefined;
}
