import { create, toBinary } from "@bufbuild/protobuf";
import { ModelSchema, ModelType } from "../../../gen/kserve/registry/v1/model_pb.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { notChecked, type Readiness } from "../../registry/readiness.ts";
import { ProtoWriter } from "../../tensors/grpc/proto-writer.ts";
import { declarationsToMessage, linkToMessage, modelEnums } from "../rpc/convert.ts";
import { watchEvents } from "../rpc/watch-messages.ts";
import type { WatchedEvent } from "../watch/watch-events.ts";

/** The fields of WatchModelsResponse, Model and Timestamp that are written here. */
const eventFields = { event: 1, model: 2, changedFields: 3, resumeToken: 4 } as const;
const modelFields = {
  ...{ name: 1, service: 2, namespace: 3, type: 4, description: 5, url: 6, state: 11, stateReason: 12, source: 13 },
  ...{ updateTime: 14, inputFormat: 15, cluster: 16, holdsName: 17, protocol: 20 },
} as const;
const timeFields = { seconds: 1, nanos: 2 } as const;

/** The usual size of an event, in bytes. */
const usualBytes = 192;

/** Writes the bytes of a WatchModelsResponse, with message objects only for parts that few models have. */
export function writeWatchEvent({ kind, model, readiness, changedFields, resumeToken }: WatchedEvent): Buffer {
  const writer = new ProtoWriter(usualBytes);
  writer.count(eventFields.event, watchEvents[kind]);
  if (model !== undefined) writer.bytes(eventFields.model, modelBytes(model, readiness ?? notChecked));
  for (const field of changedFields ?? []) writer.text(eventFields.changedFields, field);
  writer.text(eventFields.resumeToken, resumeToken);
  return writer.finish();
}

function modelBytes(model: RegisteredModel, readiness: Readiness): Buffer {
  const writer = new ProtoWriter(usualBytes);
  writer.text(modelFields.name, model.name);
  writer.text(modelFields.service, model.service);
  writer.text(modelFields.namespace, model.namespace);
  writer.count(modelFields.type, model.type === undefined ? ModelType.UNSPECIFIED : modelEnums.type[model.type]);
  writer.text(modelFields.description, model.description);
  writer.text(modelFields.url, model.address.url);
  if (isDeclared(model)) writer.encoded(toBinary(ModelSchema, create(ModelSchema, declarationsToMessage(model))));
  writer.count(modelFields.state, modelEnums.state[readiness.state]);
  writer.text(modelFields.stateReason, readiness.reason);
  writer.count(modelFields.source, modelEnums.source[model.source]);
  writer.message(modelFields.updateTime, (time) => writeTime(time, model.updateTime.getTime()));
  writer.count(modelFields.inputFormat, modelEnums.inputFormat[model.inputFormat]);
  writer.text(modelFields.cluster, model.cluster);
  if (model.holdsName) writer.bool(modelFields.holdsName, true);
  if (model.link !== undefined) writer.encoded(toBinary(ModelSchema, create(ModelSchema, linkToMessage(model))));
  writer.count(modelFields.protocol, modelEnums.protocol[model.protocol]);
  return writer.finish();
}

/** Whether a model declares more than its address: triggers, features, an output format, remediation actions. */
function isDeclared({ triggers, inputFeatures, outputFormat, remediationActions }: RegisteredModel): boolean {
  return triggers.length > 0 || inputFeatures.length > 0 || outputFormat !== undefined || remediationActions.length > 0;
}

function writeTime(writer: ProtoWriter, ms: number): void {
  const seconds = Math.floor(ms / 1000);
  // Only negative numbers, for times before 1970, need all digits of an int64.
  if (seconds >= 0) writer.count(timeFields.seconds, seconds);
  else writer.integer(timeFields.seconds, BigInt(seconds));
  writer.count(timeFields.nanos, (ms - seconds * 1000) * 1_000_000);
}
