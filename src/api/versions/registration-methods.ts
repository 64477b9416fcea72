import { create, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { timestampFromMs, ValueSchema } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { type Alias as AliasMessage, AliasSchema } from "../../../gen/kserve/versions/v1/registered_model_pb.ts";
import {
  CompareVersionsResponseSchema,
  ComparisonGroup,
  DeleteAliasResponseSchema,
  ListAliasesResponseSchema,
  RegisterVersionResponseSchema,
  ResolveVersionResponseSchema,
  SetAliasResponseSchema,
  type VersionReference,
  type VersionRegistry,
} from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { invalidField, required } from "../../registry/registry-error.ts";
import { type ComparedValue, maxCompared } from "../../versions/ports.ts";
import type { Alias, VersionRecord } from "../../versions/record.ts";
import { ifFound, VersionsError } from "../../versions/versions-error.ts";
import { chosenVersion } from "./chosen-version.ts";
import { contractKindOf } from "./contract-kind.ts";
import type { Keeper } from "./keeper.ts";
import { type AnyMessage, newRecordFromMessage, recordToMessage } from "./record-message.ts";
import { inRpcNames } from "./rpc-field-names.ts";

type Methods = "registerVersion" | "resolveVersion" | "listAliases" | "setAlias" | "deleteAlias" | "compareVersions";

/** The RPCs that concern more than one record. */
export function registrationMethods(
  keeperOf: (context: HandlerContext) => Keeper,
): Pick<ServiceImpl<typeof VersionRegistry>, Methods> {
  return {
    async registerVersion(request, context) {
      const { registeredModel, modelVersion } = request;
      if (registeredModel === undefined) throw invalidField("registered_model", "missing");
      if (modelVersion === undefined) throw invalidField("model_version", "missing");
      const registration = {
        model: newRecord("registeredModel", registeredModel, "registered_model"),
        version: newRecord("modelVersion", modelVersion, "model_version"),
        artifacts: request.artifacts.map((artifact, i) => newRecord("artifact", artifact, `artifacts[${i}]`)),
      };
      const sortAt = (artifact: string) => registration.artifacts[Number(/\d+/.exec(artifact))]?.kind;
      const { model, version, artifacts, created } = await keeperOf(context)
        .registerVersion(registration)
        .catch((error: unknown) => {
          throw inRpcNames(error, "", sortAt);
        });
      return create(RegisterVersionResponseSchema, {
        registeredModel: recordToMessage(model),
        modelVersion: recordToMessage(version),
        artifacts: artifacts.map((one) => recordToMessage(one)),
        alreadyRegistered: !created,
      } as never);
    },

    async resolveVersion({ name, selector }, context) {
      const { model, version, artifact, uri } = await keeperOf(context).resolveVersion({
        model: { name: required(name, "name") },
        ...chosenVersion(selector),
      });
      return create(ResolveVersionResponseSchema, {
        registeredModel: recordToMessage(model),
        modelVersion: recordToMessage(version),
        artifact: recordToMessage(artifact),
        uri,
      } as never);
    },

    async listAliases({ name }, context) {
      const keeper = keeperOf(context);
      const { id } = await keeper.get("registeredModel", { name: required(name, "name") });
      const aliases = await keeper.listAliases(id);
      const names = new Map<string, string>();
      for (const id of new Set(aliases.map(({ modelVersionId }) => modelVersionId))) {
        const version = await ifFound(keeper.get("modelVersion", { id }));
        if (version !== undefined) names.set(id, version.name);
      }
      return create(ListAliasesResponseSchema, {
        // A version is only deleted once none of its aliases is left.
        aliases: aliases.flatMap((one) => {
          const name = names.get(one.modelVersionId);
          return name === undefined ? [] : [aliasToMessage(one, name)];
        }),
      });
    },

    async setAlias({ name, alias, version, expectedVersion }, context) {
      const keeper = keeperOf(context);
      const { id: registeredModelId } = await keeper.get("registeredModel", { name: required(name, "name") });
      const versionOf = (versionName: string): Promise<VersionRecord> =>
        keeper.get("modelVersion", { name: versionName, parentId: registeredModelId });
      const target = await versionOf(required(version, "version"));
      const expected = await expectedOf(expectedVersion, versionOf, alias);
      const set = await keeper.setAlias(
        { registeredModelId, alias: required(alias, "alias"), modelVersionId: target.id },
        expected,
      );
      return create(SetAliasResponseSchema, { alias: aliasToMessage(set, target.name) });
    },

    async deleteAlias({ name, alias }, context) {
      const keeper = keeperOf(context);
      const { id: registeredModelId } = await keeper.get("registeredModel", { name: required(name, "name") });
      await keeper.deleteAlias({ registeredModelId, alias: required(alias, "alias") });
      return create(DeleteAliasResponseSchema);
    },

    async compareVersions({ versions }, context) {
      if (versions.length < 2 || versions.length > maxCompared) {
        throw invalidField("versions", `expected 2 to ${maxCompared} versions, found ${versions.length}`);
      }
      const keeper = keeperOf(context);
      const ids: string[] = [];
      for (const [i, reference] of versions.entries()) ids.push(await versionId(keeper, reference, `versions[${i}]`));
      const { versions: compared, values } = await keeper.compare(ids);
      const names = new Map<string, string>();
      for (const { fields } of compared) {
        const id = fields.registeredModelId as string;
        if (!names.has(id)) names.set(id, (await keeper.get("registeredModel", { id })).name);
      }
      return create(CompareVersionsResponseSchema, {
        versions: compared.map((one) => ({
          name: names.get(one.fields.registeredModelId as string)!,
          modelVersion: recordToMessage(one) as never,
        })),
        rows: values.map(comparedToMessage),
      });
    },
  };
}

function newRecord(kind: "registeredModel" | "modelVersion" | "artifact", message: object, at: string) {
  try {
    return newRecordFromMessage(contractKindOf(kind), message as AnyMessage);
  } catch (error) {
    throw inRpcNames(error, at);
  }
}

/** The ID of the version that an alias must currently point to; null for none, undefined for any. */
async function expectedOf(
  name: string | undefined,
  versionOf: (name: string) => Promise<VersionRecord>,
  alias: string,
): Promise<string | null | undefined> {
  if (name === undefined) return undefined;
  if (name === "") return null;
  const version = await ifFound(versionOf(name));
  if (version !== undefined) return version.id;
  // An alias cannot point to a version that does not exist.
  const message = `The alias ${alias} does not point to ${name}, which does not exist`;
  throw new VersionsError("ALIAS_MOVED", message, { alias, modelVersionId: undefined });
}

async function versionId(keeper: Keeper, { name, selector }: VersionReference, field: string): Promise<string> {
  if (selector.case === "id") return selector.value;
  const model = { name: required(name, `${field}.name`) };
  if (selector.case === "version") {
    const { id } = await keeper.get("registeredModel", model);
    return (await keeper.get("modelVersion", { name: selector.value, parentId: id })).id;
  }
  return (await keeper.resolveVersion({ model, ...chosenVersion(selector) })).version.id;
}

function aliasToMessage(alias: Alias, version: string): AliasMessage {
  return create(AliasSchema, {
    alias: alias.alias,
    registeredModelId: alias.registeredModelId,
    modelVersionId: alias.modelVersionId,
    version,
    updateTime: timestampFromMs(alias.updateTime),
  });
}

const groups: Readonly<Record<ComparedValue["section"], ComparisonGroup>> = {
  field: ComparisonGroup.FIELD,
  property: ComparisonGroup.PROPERTY,
  metric: ComparisonGroup.METRIC,
  parameter: ComparisonGroup.PARAMETER,
  feature: ComparisonGroup.FEATURE,
};

function comparedToMessage({ section, name, values, differs }: ComparedValue) {
  const parsed = values.map((value) => (value === undefined ? null : (JSON.parse(value) as JsonValue)));
  return {
    group: groups[section],
    name,
    values: { values: parsed.map((value) => fromJson(ValueSchema, value)) },
    differs,
  };
}
