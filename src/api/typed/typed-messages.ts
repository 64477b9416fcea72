import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { Value } from "@bufbuild/protobuf/wkt";
import type { Contract } from "../../contract/contract.ts";
import { messageNames } from "../../contract/contract-names.ts";
import { descriptorOf } from "../../contract/descriptor.ts";
import { evaluate, type Verdict } from "../../predict/evaluate.ts";
import type { JsonScanner, Span } from "../../predict/json/json-scanner.ts";
import { writeDouble } from "../../predict/json/number.ts";
import type { Prediction } from "../../predict/pipeline.ts";
import { readValue } from "../../predict/transcode/read-value.ts";
import { versionOf } from "../rpc/predict-messages.ts";

/** A message whose fields are known at run time only. */
type AnyMessage = Message & Record<string, unknown>;

/** Writes typed requests as KServe v1 requests, and predictions as typed responses. */
export interface TypedMessages {
  /** Rows by feature name, so that they are checked, completed and ordered like all others. */
  requestBody(request: Message): Uint8Array;
  /** @throws RegistryError MODEL_BAD_ANSWER when a prediction does not have what its model declares */
  response(prediction: Prediction): Message;
}

/** Makes the messages of a contract ready once for all calls. */
export function createTypedMessages(contract: Contract): TypedMessages {
  const messages = new Map(descriptorOf(contract).messages.map((message) => [message.name, message]));
  const responseSchema = messages.get(messageNames.response)!;
  const writeRow = rowWriter(contract, messages.get(messageNames.instance)!);
  const readPrediction = predictionReader(contract, messages.get(messageNames.prediction)!);
  return {
    requestBody(request) {
      const { instances } = request as unknown as { readonly instances: readonly AnyMessage[] };
      return Buffer.from(`{"instances":[${instances.map(writeRow).join(",")}]}`);
    },
    response(prediction) {
      const { scanner, verdicts } = evaluate(prediction);
      const predictions = verdicts.map((verdict) => readPrediction(verdict, scanner));
      return create(responseSchema, { predictions, modelVersion: versionOf(prediction) } as never);
    },
  };
}

function rowWriter({ features }: Contract, schema: DescMessage): (instance: AnyMessage) => string {
  const columns = features.map(({ feature }, i) => {
    const key = `${JSON.stringify(feature.name)}:`;
    // What is left out gets its default later on, or is reported as missing.
    const isNull = feature.nullable && feature.default === undefined;
    return { localName: schema.fields[i]!.localName, key, leftOut: isNull ? `${key}null` : undefined };
  });
  return (instance) => {
    let row = "";
    for (const { localName, key, leftOut } of columns) {
      const value = instance[localName];
      const cell = value === undefined ? leftOut : key + writeScalar(value as Scalar);
      if (cell !== undefined) row += row === "" ? cell : `,${cell}`;
    }
    return `{${row}}`;
  };
}

type Scalar = number | bigint | boolean | string;

function writeScalar(value: Scalar): string {
  if (typeof value === "number") return writeDouble(value);
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function predictionReader(
  { prediction: fields }: Contract,
  schema: DescMessage,
): (verdict: Verdict, scanner: JsonScanner) => Message {
  const localName = (field: { readonly name: string } | undefined): string | undefined =>
    schema.fields.find(({ name }) => name === field?.name)?.localName;
  const valueName = localName(fields.value);
  const labelName = localName(fields.label);
  const crossedName = localName(fields.thresholdCrossed);
  const wholeName = localName(fields.prediction)!;
  return (verdict, scanner) => {
    const message = create(schema) as AnyMessage;
    message[wholeName] = readValue(scanner, verdict.prediction);
    if (labelName !== undefined) message[labelName] = verdict.label ?? "";
    if (crossedName !== undefined) message[crossedName] = verdict.thresholdCrossed;
    if (valueName === undefined) return message;
    const value = typedValue(scanner, verdict.value, fields.value!.kind);
    if (value !== undefined) message[valueName] = value;
    return message;
  };
}

function typedValue(scanner: JsonScanner, span: Span, kind: "number" | "text" | "list"): unknown {
  switch (kind) {
    case "number":
      return numberOf(scanner, span);
    case "text":
      return textOf(readValue(scanner, span));
    case "list":
      return numbersOf(scanner, span);
  }
}

/** A `Value` holds neither NaN nor infinities, so the text is looked at first. */
function numberOf(scanner: JsonScanner, { start, end }: Span): number | undefined {
  const text = Buffer.from(scanner.bytes.buffer, scanner.bytes.byteOffset + start, end - start).toString("latin1");
  return /^[-\dNI]/.test(text) ? Number(text) : undefined;
}

function textOf({ kind }: Value): string | undefined {
  switch (kind.case) {
    case "stringValue":
    case "numberValue":
    case "boolValue":
      return String(kind.value);
    default:
      return undefined;
  }
}

/** A list of numbers, in which null is NaN; empty where it is something else. */
function numbersOf(scanner: JsonScanner, span: Span): number[] {
  const numbers: number[] = [];
  let isNumbers = true;
  scanner.array(span.start, 0, (_, start) => {
    const end = scanner.value(start, 0);
    const number = scanner.bytes[start] === 0x6e ? Number.NaN : numberOf(scanner, { start, end });
    if (number === undefined) isNumbers = false;
    else numbers.push(number);
    return end;
  });
  return isNumbers ? numbers : [];
}
