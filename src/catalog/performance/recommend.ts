import type { Properties, PropertyValue } from "../../base/property-value.ts";
import { badField } from "../catalog-error.ts";
import type { CatalogArtifact } from "../entries/entry.ts";

/** The criteria for choosing how to run a model. Properties are those of performance artifacts. */
export interface Choice {
  /** How many requests a second have to be served. 0: not given, which counts as 1. */
  readonly targetRps: number;
  readonly latencyProperty: string;
  readonly rpsProperty: string;
  readonly hardwareCountProperty: string;
  readonly hardwareTypeProperty: string;
}

export const defaultChoice: Choice = {
  targetRps: 0,
  latencyProperty: "ttft_p90",
  rpsProperty: "requests_per_second",
  hardwareCountProperty: "hardware_count",
  hardwareTypeProperty: "hardware_type",
};

/**
 * The share of the last kept latency by which the next one has to be faster, and the latency from which on it is more.
 */
const improvement = { usual: 0.05, fast: 0.1, fastMs: 100 } as const;

/** A way of running a model that can be compared with others. */
interface Way {
  readonly artifact: CatalogArtifact;
  readonly latencyMs: number;
  /** Pieces of hardware of all replicas. */
  readonly cost: number;
  readonly hardware: string;
}

/** Only the performance artifacts. */
export function performanceOf(artifacts: readonly CatalogArtifact[]): CatalogArtifact[] {
  return artifacts.filter(({ metricsType }) => metricsType === "performance-metrics");
}

/** Artifacts with the number of replicas that the target needs and their total throughput, where a target is given. */
export function withReplicas(artifacts: readonly CatalogArtifact[], choice: Choice): readonly CatalogArtifact[] {
  if (choice.targetRps <= 0) return artifacts;
  return artifacts.map((artifact) => {
    const rps = numberAt(artifact.customProperties, choice.rpsProperty);
    if (rps === undefined || rps <= 0) return artifact;
    const replicas = replicasFor(choice.targetRps, rps);
    const added: Properties = {
      replicas: { metadataType: "MetadataIntValue", int_value: String(replicas) },
      total_requests_per_second: { metadataType: "MetadataDoubleValue", double_value: replicas * rps },
    };
    return { ...artifact, customProperties: { ...artifact.customProperties, ...added } };
  });
}

/**
 * The options worth considering: for each kind of hardware, ordered by latency, only those that cost less than every
 * faster one; of these, from the cheapest upward, only those that are clearly faster than the one kept before.
 */
export function recommended(artifacts: readonly CatalogArtifact[], choice: Choice): readonly CatalogArtifact[] {
  return recommendedWays(artifacts, choice).map(({ artifact }) => artifact);
}

/** The smallest latency of the recommended options, in milliseconds; undefined where there are none. */
export function recommendedLatency(artifacts: readonly CatalogArtifact[], choice: Choice): number | undefined {
  const latencies = recommendedWays(artifacts, choice).map(({ latencyMs }) => latencyMs);
  return latencies.length === 0 ? undefined : Math.min(...latencies);
}

function recommendedWays(artifacts: readonly CatalogArtifact[], choice: Choice): Way[] {
  const ways = artifacts.flatMap((artifact) => wayOf(artifact, choice) ?? []);
  const frontiers = [...Map.groupBy(ways, ({ hardware }) => hardware).values()].flatMap(cheaperOnly);
  const kept: Way[] = [];
  for (const way of frontiers.sort((a, b) => a.cost - b.cost || byLatency(a, b))) {
    const last = kept.at(-1);
    if (last === undefined || way.latencyMs < last.latencyMs * (1 - neededImprovement(last.latencyMs))) kept.push(way);
  }
  return kept;
}

function neededImprovement(latencyMs: number): number {
  return latencyMs <= improvement.fastMs ? improvement.fast : improvement.usual;
}

/** Of the options on one kind of hardware, from the fastest on, those that cost less than all before. */
function cheaperOnly(ways: readonly Way[]): Way[] {
  const kept: Way[] = [];
  for (const way of ways.toSorted((a, b) => byLatency(a, b))) {
    const last = kept.at(-1);
    if (last === undefined || way.cost < last.cost) kept.push(way);
  }
  return kept;
}

function byLatency(a: Way, b: Way): number {
  return a.latencyMs - b.latencyMs || a.cost - b.cost || (a.artifact.id < b.artifact.id ? -1 : 1);
}

/** Options without a figure that is compared are left out. */
function wayOf(artifact: CatalogArtifact, choice: Choice): Way | undefined {
  const { customProperties } = artifact;
  const latencyMs = numberAt(customProperties, choice.latencyProperty);
  const rps = numberAt(customProperties, choice.rpsProperty);
  const count = numberAt(customProperties, choice.hardwareCountProperty);
  if (latencyMs === undefined || rps === undefined || rps <= 0 || count === undefined) return undefined;
  const hardware = at(customProperties, choice.hardwareTypeProperty);
  const cost = count * replicasFor(Math.max(choice.targetRps, 1), rps);
  return { artifact, latencyMs, cost, hardware: JSON.stringify(hardware ?? null) };
}

function replicasFor(targetRps: number, rps: number): number {
  // The largest value that a property can have.
  return Math.min(Math.ceil(targetRps / rps), 2 ** 31 - 1);
}

/**
 * Refuses properties that no artifact has: the caller has misspelt them.
 *
 * @throws CatalogError INVALID
 */
export function assertProperties(artifacts: Iterable<CatalogArtifact>, choice: Choice): void {
  let missing: readonly (typeof propertyFields)[number][] = propertyFields;
  let isEmpty = true;
  for (const { customProperties } of artifacts) {
    isEmpty = false;
    missing = missing.filter((field) => at(customProperties, choice[field]) === undefined);
    if (missing.length === 0) return;
  }
  const [field] = missing;
  if (isEmpty || field === undefined) return;
  throw badField(field, `no performance artifact here has the property ${JSON.stringify(choice[field].slice(0, 80))}`);
}

const propertyFields = ["latencyProperty", "rpsProperty", "hardwareCountProperty", "hardwareTypeProperty"] as const;

function numberAt(properties: Properties, name: string): number | undefined {
  const value = at(properties, name);
  if (value?.metadataType === "MetadataDoubleValue") return value.double_value;
  return value?.metadataType === "MetadataIntValue" ? Number(value.int_value) : undefined;
}

function at(properties: Properties, name: string): PropertyValue | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined;
}
