import { create } from "@bufbuild/protobuf";
import type { FieldMask } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { ArtifactType } from "../../../gen/kserve/versions/v1/artifact_pb.ts";
import type { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { snakeCase } from "../../base/snake-case.ts";
import { longTexts } from "../../base/text-pieces.ts";
import { goOnWhenNotBusy } from "../../base/yield-if-busy.ts";
import { invalidField } from "../../registry/registry-error.ts";
import { kindOfArtifactType } from "../../versions/kinds/kinds.ts";
import type { KindOrArtifact, VersionStore } from "../../versions/ports.ts";
import type { VersionRecord } from "../../versions/record.ts";
import type { RecordKey } from "../../versions/versions-error.ts";
import { accessOf, callKey } from "../call.ts";
import { type AuditLog, auditOf } from "./audit.ts";
import { type ContractKind, contractKinds } from "./contract-kind.ts";
import { type ApplyManifest, deploymentMethods } from "./deployment-methods.ts";
import { Keeper } from "./keeper.ts";
import { pageQueryOf } from "./list-request.ts";
import { permissionMethods } from "./permission-methods.ts";
import { type AnyMessage, newRecordFromMessage, recordToMessage } from "./record-message.ts";
import { registrationMethods } from "./registration-methods.ts";
import { inRpcNames } from "./rpc-field-names.ts";
import { changesFromMessage } from "./update-mask.ts";

/** What the registry of versions needs of the rest. */
export interface VersionsDeps {
  readonly store: VersionStore;
  /** Takes a line for every write. */
  readonly log: AuditLog;
  /** Applies what is deployed. Undefined: nothing is applied from here. */
  readonly applyManifest?: ApplyManifest | undefined;
}

type Handler = (request: AnyMessage, context: HandlerContext) => Promise<unknown>;

/**
 * The RPCs of `kserve.versions.v1.VersionRegistry`. The standard methods are made from the kinds, none is written for one
 * kind alone.
 */
export function createVersionRegistryService(deps: VersionsDeps): ServiceImpl<typeof VersionRegistry> {
  const keeperOf = (context: HandlerContext): Keeper => keeperOfCall(deps, context);
  const standard = Object.assign({}, ...contractKinds.map((kind) => standardMethods(kind, keeperOf))) as object;
  return {
    ...standard,
    ...registrationMethods(keeperOf),
    ...deploymentMethods(keeperOf, deps.applyManifest),
    ...permissionMethods(keeperOf, deps.applyManifest !== undefined),
  } as ServiceImpl<typeof VersionRegistry>;
}

/** A method whose errors name the fields of its request, which holds the record in the field `at`. */
function named(at: string, handler: Handler): Handler {
  return async (request, context) => {
    try {
      return await handler(request, context);
    } catch (error) {
      throw inRpcNames(error, at);
    }
  };
}

/** The store as the caller of an RPC may use it. */
export function keeperOfCall({ store, log }: VersionsDeps, context: HandlerContext): Keeper {
  const call = context.values.get(callKey);
  return new Keeper(store, { access: accessOf(context), signal: context.signal }, auditOf(log, call));
}

function standardMethods(
  contractKind: ContractKind,
  keeperOf: (context: HandlerContext) => Keeper,
): Readonly<Record<string, Handler>> {
  const { kind, methods, listField } = contractKind;
  const given = (request: AnyMessage): AnyMessage => {
    const message = request[kind] as AnyMessage | undefined;
    if (message === undefined) throw invalidField(contractKind.field, "missing");
    return message;
  };
  return {
    [methods.create.localName]: named(contractKind.field, async (request, context) => {
      const { kind: ofRecord, ...record } = newRecordFromMessage(contractKind, given(request));
      const created = await keeperOf(context).create(ofRecord, record);
      return create(methods.create.output, { [kind]: recordToMessage(created) });
    }),

    async [methods.get.localName](request, context) {
      const found = await keeperOf(context).get(kind, keyOf(contractKind, request));
      return create(methods.get.output, { [kind]: recordToMessage(found) });
    },

    async [methods.list.localName](request, context) {
      const keeper = keeperOf(context);
      const query = pageQueryOf(contractKind, request);
      const ofKind = sortOf(kind, request);
      const page = await keeper.list(ofKind, query);
      return create(methods.list.output, {
        [listField]: await messagesOf(page.records),
        nextPageToken: page.nextPageToken,
        ...(request.includeTotalSize === true ? { totalSize: BigInt(await keeper.count(ofKind, query)) } : {}),
      });
    },

    [methods.update.localName]: named(contractKind.field, async (request, context) => {
      const keeper = keeperOf(context);
      const message = given(request);
      const id = idOf(message.id as string, `${contractKind.field}.id`);
      const ofRecord = kind === "artifact" ? (await keeper.get(kind, { id })).kind : kind;
      const mask = request.updateMask as FieldMask | undefined;
      const changes = changesFromMessage(contractKind, ofRecord, message, mask);
      const options = revisionOf(message.etag as string, `${contractKind.field}.etag`);
      return create(methods.update.output, {
        [kind]: recordToMessage(await keeper.update(kind, id, changes, options)),
      });
    }),

    async [methods.delete.localName](request, context) {
      const id = idOf(request.id as string, "id");
      await keeperOf(context).delete(kind, id, revisionOf(request.etag as string, "etag"));
      return create(methods.delete.output);
    },
  };
}

/** Records as messages, thousands of them in several turns of the event loop. */
async function messagesOf(records: readonly VersionRecord[]): Promise<AnyMessage[]> {
  const messages: AnyMessage[] = [];
  for (const record of records) {
    messages.push(recordToMessage(record));
    const pause = goOnWhenNotBusy(longTexts);
    if (pause !== undefined) await pause;
  }
  return messages;
}

/** What a get request looks for. */
function keyOf({ uniqueWithin }: ContractKind, request: AnyMessage): RecordKey {
  const { case: by, value } = request.key as { readonly case: string | undefined; readonly value: string };
  if (by === "id") return { id: idOf(value, "id") };
  if (value === "" || by === undefined) throw invalidField("key", "missing; give an id, a name or an external_id");
  if (by === "externalId") return { externalId: value };
  if (uniqueWithin === undefined) return { name: value };
  const parentId = request[uniqueWithin] as string;
  return { name: value, parentId: idOf(parentId, snakeCase(uniqueWithin)) };
}

/** A list of artifacts may ask for one sort alone. */
function sortOf(kind: KindOrArtifact, { artifactType }: AnyMessage): KindOrArtifact {
  if (kind !== "artifact" || artifactType === ArtifactType.UNSPECIFIED) return kind;
  const word = artifactTypes[artifactType as number];
  const sort = word === undefined ? undefined : kindOfArtifactType(word);
  if (sort === undefined) throw invalidField("artifact_type", `${artifactType} is not an artifact type`);
  return sort;
}

const artifactTypes: Readonly<Record<number, string>> = {
  [ArtifactType.MODEL]: "model-artifact",
  [ArtifactType.DOC]: "doc-artifact",
  [ArtifactType.DATASET]: "dataset-artifact",
  [ArtifactType.METRIC]: "metric",
  [ArtifactType.PARAMETER]: "parameter",
};

function idOf(id: string, field: string): string {
  if (/^[1-9][0-9]{0,18}$/.test(id)) return id;
  throw invalidField(field, id === "" ? "missing" : "expected a decimal number of up to 19 digits, from 1 on");
}

function revisionOf(etag: string, field: string): { expectedRevision?: number } {
  if (etag === "") return {};
  if (!/^[1-9][0-9]{0,14}$/.test(etag)) throw invalidField(field, "is not an etag that this server gave");
  return { expectedRevision: Number(etag) };
}
