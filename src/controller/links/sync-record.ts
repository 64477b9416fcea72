import { isDeepStrictEqual } from "node:util";
import { LinkProblem } from "./link-problem.ts";
import type { LinkedService } from "./linked-service.ts";
import type { RegistryRecord, RegistryRecords } from "./registry-records.ts";

const idForm = /^[1-9][0-9]{0,18}$/;

/** The record of an InferenceService in the registry. */
export interface SyncedRecord {
  readonly id: string;
  /** Whether anything was written there. */
  readonly changed: boolean;
}

/**
 * Brings the registry up to date with an InferenceService: the environment of its namespace, its record with model,
 * version, runtime, address and state, and that the version is served. Writes only differences, so that it can be
 * repeated.
 *
 * @param joins whether it has just been linked: an existing record is then marked as deployed again
 * @throws LinkProblem
 */
export async function syncRecord(
  service: LinkedService,
  records: RegistryRecords,
  joins: boolean,
): Promise<SyncedRecord> {
  for (const id of [service.modelId, service.versionId]) {
    if (id !== undefined && !idForm.test(id)) {
      throw new LinkProblem(
        "InvalidLabel",
        `expected a record ID in the label, a whole number of at least 1; found ${id}`,
      );
    }
  }
  const environment = await environmentOf(service.namespace, records);
  const found = await recordOf(service, environment, records);
  const isOther = found !== undefined && service.modelId !== undefined && found.registeredModelId !== service.modelId;
  // The model of a record cannot be changed.
  if (isOther) await undeploy(found, records);
  const record = isOther ? await recordNamed(otherName(service), environment, records) : found;
  if (record === undefined) {
    const made = await createRecord(service, isOther ? otherName(service) : ownName(service), environment, records);
    await noteServed(service, made.id, records);
    return { id: made.id, changed: true };
  }
  const changes = changesOf(service, record, joins || isOther);
  if (changes !== undefined) await records.patch(`/inference_services/${record.id}`, changes);
  const noted = await noteServed(service, record.id, records);
  return { id: record.id, changed: changes !== undefined || noted };
}

/**
 * Records in the registry that an InferenceService was deleted. If the registry has no record of it, nothing is done.
 */
export async function retireRecord(service: LinkedService, records: RegistryRecords): Promise<void> {
  const environment = await findEnvironment(service.namespace, records);
  if (environment === undefined) return;
  const found = await recordOf(service, environment, records);
  if (found !== undefined) await undeploy(found, records);
}

function ownName({ name, uid }: LinkedService): string {
  return `${name}/${uid}`;
}

/** The name of its record when the name is taken by a record of another model. */
function otherName(service: LinkedService): string {
  return `${ownName(service)}/${service.modelId}`;
}

/** The record of an InferenceService: the one that its label names, else the one of its name. */
async function recordOf(
  service: LinkedService,
  environment: RegistryRecord,
  records: RegistryRecords,
): Promise<RegistryRecord | undefined> {
  const { recordId, modelId } = service;
  if (recordId !== undefined && idForm.test(recordId)) {
    const labelled = await records.find(`/inference_services/${recordId}`);
    // Anyone in the namespace can write the label, but may only refer to records of their own namespace.
    if (labelled?.servingEnvironmentId === environment.id) return labelled;
  }
  const named = await recordNamed(ownName(service), environment, records);
  if (named === undefined || modelId === undefined || named.registeredModelId === modelId) return named;
  return (await recordNamed(otherName(service), environment, records)) ?? named;
}

async function recordNamed(
  name: string,
  environment: RegistryRecord,
  records: RegistryRecords,
): Promise<RegistryRecord | undefined> {
  const query = new URLSearchParams({ name, parentResourceId: environment.id });
  return await records.find(`/inference_service?${query}`);
}

async function findEnvironment(namespace: string, records: RegistryRecords): Promise<RegistryRecord | undefined> {
  return await records.find(`/serving_environment?${new URLSearchParams({ name: namespace })}`);
}

async function environmentOf(namespace: string, records: RegistryRecords): Promise<RegistryRecord> {
  const found = await findEnvironment(namespace, records);
  if (found !== undefined) return found;
  const made = await records.create("/serving_environments", { name: namespace });
  if (made !== "conflict") return made;
  // Another process created it first.
  const other = await findEnvironment(namespace, records);
  if (other !== undefined) return other;
  throw new LinkProblem("RegistryFailed", `the serving environment ${namespace} exists but cannot be found`);
}

async function createRecord(
  service: LinkedService,
  name: string,
  environment: RegistryRecord,
  records: RegistryRecords,
): Promise<RegistryRecord> {
  const { modelId, versionId, runtime, url, recordId } = service;
  if (modelId === undefined) {
    throw new LinkProblem(
      "RecordNotFound",
      `the registry has no record ${recordId} of this namespace, and no label names a registered model to create one for`,
    );
  }
  const body = {
    name,
    registeredModelId: modelId,
    servingEnvironmentId: environment.id,
    ...(versionId === undefined ? {} : { modelVersionId: versionId }),
    ...(runtime === undefined ? {} : { runtime }),
    desiredState: "DEPLOYED",
    ...(url === undefined ? {} : { customProperties: { url: stringValue(url) } }),
  };
  const made = await records.create("/inference_services", body);
  if (made !== "conflict") return made;
  const other = await recordNamed(name, environment, records);
  if (other !== undefined) return other;
  throw new LinkProblem("RegistryFailed", `the record ${name} exists but cannot be found`);
}

/** The changes that a record needs; undefined where it needs none. */
function changesOf(service: LinkedService, record: RegistryRecord, deploys: boolean): object | undefined {
  const { versionId, runtime, url } = service;
  const properties = (record.customProperties ?? {}) as Readonly<Record<string, unknown>>;
  const { url: _old, ...others } = properties;
  const wanted = url === undefined ? others : { ...others, url: stringValue(url) };
  const changes = {
    ...(versionId === undefined || versionId === record.modelVersionId ? {} : { modelVersionId: versionId }),
    ...(runtime === undefined || runtime === record.runtime ? {} : { runtime }),
    ...(deploys && record.desiredState !== "DEPLOYED" ? { desiredState: "DEPLOYED" } : {}),
    ...(isDeepStrictEqual(wanted, properties) ? {} : { customProperties: wanted }),
  };
  if (Object.keys(changes).length === 0) return undefined;
  // A server that replaces an absent state by the default would otherwise reset it.
  return { desiredState: record.desiredState ?? "DEPLOYED", ...changes };
}

async function undeploy(record: RegistryRecord, records: RegistryRecords): Promise<void> {
  if (record.desiredState === "UNDEPLOYED") return;
  await records.patch(`/inference_services/${record.id}`, { desiredState: "UNDEPLOYED" });
}

/** Records once for each version that it is served. Returns whether anything was written. */
async function noteServed({ versionId, ready }: LinkedService, id: string, records: RegistryRecords): Promise<boolean> {
  if (versionId === undefined) return false;
  const path = `/inference_services/${id}/serves`;
  const served = await records.list(
    `${path}?${new URLSearchParams({ pageSize: "100", orderBy: "CREATE_TIME", sortOrder: "DESC" })}`,
  );
  if (served.some(({ modelVersionId }) => modelVersionId === versionId)) return false;
  const made = await records.create(path, { modelVersionId: versionId, lastKnownState: ready ? "RUNNING" : "NEW" });
  return made !== "conflict";
}

function stringValue(text: string): object {
  return { string_value: text, metadataType: "MetadataStringValue" };
}
