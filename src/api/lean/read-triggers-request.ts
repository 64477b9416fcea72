import { ModelType } from "../../../gen/kserve/registry/v1/model_pb.ts";
import { maxSamples, maxSamplesJson, tooManySamples } from "../../predict/evaluate-triggers.ts";
import { JsonScanner } from "../../predict/json/json-scanner.ts";
import { fastPathMiss, utf8Text, WireReader } from "../../predict/transcode/wire.ts";
import type { FeatureValue } from "../../registry/model.ts";
import type { ModelFilter } from "../../registry/registry.ts";
import { typeFromMessage } from "../rpc/convert.ts";

/** Metric samples, and which models to look at. */
export interface TriggersRequest {
  readonly samples: Readonly<Record<string, FeatureValue>>;
  readonly filter: ModelFilter;
}

const QUOTE = 0x22;
const MINUS = 0x2d;
const OPEN_BRACE = 0x7b;

/**
 * Reads `{"samples": {"cpu": 97}}` in Connect's JSON, with or without a filter.
 *
 * @throws RegistryError REQUEST_TOO_LARGE as soon as there are too many samples
 * @throws TooManyValues
 * @throws FastPathMiss, JsonSyntaxError for everything else, valid or not: Connect decides
 */
export function readJsonTriggersRequest(message: Uint8Array, maxDepth: number): TriggersRequest {
  const scanner = new JsonScanner(message, maxDepth, { uniqueNames: true, maxValues: maxSamplesJson });
  const samples = new SampleMap();
  const words: Record<string, string> = {};
  const start = scanner.space(0);
  if (message[start] !== OPEN_BRACE) throw fastPathMiss;
  const end = scanner.object(start, 0, (key, valueStart) => {
    const first = message[valueStart];
    if (key === "samples" && first === OPEN_BRACE) {
      return scanner.object(valueStart, 1, (name, sampleStart) => readSample(scanner, samples, name, sampleStart));
    }
    if (first !== QUOTE || (key !== "type" && key !== "namespace" && key !== "cluster")) throw fastPathMiss;
    const valueEnd = scanner.value(valueStart, 1);
    words[key] = scanner.text(valueStart, valueEnd);
    return valueEnd;
  });
  scanner.end(end);
  const { type = "MODEL_TYPE_UNSPECIFIED", namespace = "", cluster = "" } = words;
  return { samples: samples.finish(), filter: filterOf(typesByName.get(type), namespace, cluster) };
}

const typesByName: ReadonlyMap<string, ModelType> = new Map(
  Object.entries(ModelType).flatMap(([name, type]) =>
    typeof type === "number" ? [[`MODEL_TYPE_${name}`, type] as const] : [],
  ),
);

function readSample(scanner: JsonScanner, samples: SampleMap, name: string, start: number): number {
  const { bytes } = scanner;
  samples.expect();
  const end = scanner.value(start, 2);
  switch (bytes[start]) {
    case QUOTE:
      samples.set(name, scanner.text(start, end));
      return end;
    case 0x74:
      samples.set(name, true);
      return end;
    case 0x66:
      samples.set(name, false);
      return end;
    case 0x6e:
      samples.set(name, null);
      return end;
  }
  const byte = bytes[start]!;
  if (byte !== MINUS && (byte < 0x30 || byte > 0x39)) throw fastPathMiss;
  samples.set(name, scanner.number(start));
  return end;
}

const tag = { samples: 0x0a, type: 0x10, namespace: 0x1a, cluster: 0x22 } as const;
const entryTag = { self: 0x0a, name: 0x0a, value: 0x12 } as const;
const valueTag = { null: 0x08, number: 0x11, string: 0x1a, bool: 0x20 } as const;

/**
 * Reads the bytes of an EvaluateTriggersRequest as encoders write them: each field once, no unknown fields.
 *
 * @throws RegistryError REQUEST_TOO_LARGE as soon as there are too many samples
 * @throws FastPathMiss for everything else, valid or not: the general decoder decides
 */
export function readTriggersRequest(bytes: Uint8Array): TriggersRequest {
  const reader = new WireReader(bytes);
  let samples: SampleMap | undefined;
  let type: number | undefined;
  let namespace: string | undefined;
  let cluster: string | undefined;
  while (reader.pos < bytes.length) {
    const field = reader.varint();
    if (field === tag.type && type === undefined) {
      type = reader.varint();
      continue;
    }
    const end = reader.end(bytes.length);
    if (field === tag.samples && samples === undefined) {
      samples = new SampleMap();
      while (reader.pos < end) readEntry(reader, end, samples);
    } else if (field === tag.namespace && namespace === undefined) {
      namespace = utf8Text(bytes, reader.pos, end);
    } else if (field === tag.cluster && cluster === undefined) {
      cluster = utf8Text(bytes, reader.pos, end);
    } else {
      throw fastPathMiss;
    }
    reader.pos = end;
  }
  if (samples === undefined) throw fastPathMiss;
  return {
    samples: samples.finish(),
    filter: filterOf((type as ModelType | undefined) ?? ModelType.UNSPECIFIED, namespace ?? "", cluster ?? ""),
  };
}

/** An entry of the map in a google.protobuf.Struct: the name as field 1, a Value as field 2. */
function readEntry(reader: WireReader, limit: number, samples: SampleMap): void {
  const { bytes, view } = reader;
  samples.expect();
  if (bytes[reader.pos++] !== entryTag.self) throw fastPathMiss;
  const end = reader.end(limit);
  if (bytes[reader.pos++] !== entryTag.name) throw fastPathMiss;
  const nameEnd = reader.end(end);
  const name = utf8Text(bytes, reader.pos, nameEnd);
  reader.pos = nameEnd;
  if (bytes[reader.pos++] !== entryTag.value || reader.end(end) !== end) throw fastPathMiss;
  const kind = bytes[reader.pos++];
  if (kind === valueTag.number && reader.pos + 8 === end) {
    samples.set(name, view.getFloat64(reader.pos, true));
  } else if (kind === valueTag.string && reader.end(end) === end) {
    samples.set(name, utf8Text(bytes, reader.pos, end));
  } else if (kind === valueTag.bool && reader.pos + 1 === end && bytes[reader.pos]! <= 1) {
    samples.set(name, bytes[reader.pos] === 1);
  } else if (kind === valueTag.null && reader.pos + 1 === end && bytes[reader.pos] === 0) {
    samples.set(name, null);
  } else {
    throw fastPathMiss;
  }
  reader.pos = end;
}

class SampleMap {
  readonly #samples: Record<string, FeatureValue> = {};
  #count = 0;

  /** Before a sample is read. @throws RegistryError REQUEST_TOO_LARGE */
  expect(): void {
    if (this.#count++ === maxSamples) throw tooManySamples();
  }

  set(name: string, value: FeatureValue): void {
    // Connect refuses non-finite numbers. `__proto__` would set the object's prototype.
    if (name === "__proto__" || (typeof value === "number" && !Number.isFinite(value))) throw fastPathMiss;
    this.#samples[name] = value;
  }

  finish(): Readonly<Record<string, FeatureValue>> {
    // Connect refuses a request without samples.
    if (this.#count === 0) throw fastPathMiss;
    return this.#samples;
  }
}

function filterOf(type: ModelType | undefined, namespace: string, cluster: string): ModelFilter {
  const known = type === undefined ? "unknown" : typeFromMessage(type);
  if (known === "unknown") throw fastPathMiss;
  return { type: known, namespace: namespace || undefined, cluster: cluster || undefined };
}
