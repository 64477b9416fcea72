/**
 * The name that a model is registered under: its own, unless several clusters have a model of that name. Then the own
 * cluster's model keeps it, and each of the others is registered as `cluster/name`; where the own cluster has none,
 * nobody gets the bare name.
 *
 * The rule depends only on the present models, so all replicas agree, whatever they have seen before. A model of
 * another cluster can always be requested as `cluster/name`, whether it is registered under its bare name or not: for
 * such callers nothing changes when another cluster's model comes or goes.
 *
 * @param cluster the cluster of the model; empty for the own one
 * @param clusters every cluster that has a model of that name
 */
export function registeredName(name: string, cluster: string, clusters: readonly string[]): string {
  return cluster === "" || clusters.length === 1 ? name : qualifiedName(cluster, name);
}

/** `spoke-1/anomaly-detector`. */
export function qualifiedName(cluster: string, name: string): string {
  return `${cluster}/${name}`;
}

/** The parts of a name as a caller writes it. The cluster is empty for a bare name. */
export function splitName(written: string): { cluster: string; name: string } {
  const slash = written.lastIndexOf("/");
  return slash < 0
    ? { cluster: "", name: written }
    : { cluster: written.slice(0, slash), name: written.slice(slash + 1) };
}
