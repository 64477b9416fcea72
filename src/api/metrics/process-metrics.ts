import { X509Certificate } from "node:crypto";
import { getHeapStatistics } from "node:v8";
import packageJson from "../../../package.json" with { type: "json" };
import { counter, gauge, labelsOf, type PlainMetric, type Sample } from "./exposition.ts";

/** A certificate that this process uses. */
export interface ShownCertificate {
  /** `server`: for callers; `client`: for model servers. */
  readonly use: "server" | "client";
  /** The current chain in PEM, leaf first; undefined where it cannot be read. */
  readonly pem: () => string | undefined;
}

/** The state of a process that its metrics show. */
export interface ProcessState {
  readonly certificates: readonly ShownCertificate[];
  /** How many log lines were dropped because they were not read in time. */
  readonly droppedLogLines: () => number;
  /** Whether it is about to stop. */
  readonly draining: () => boolean;
}

export function processMetrics({ certificates, droppedLogLines, draining }: ProcessState): readonly PlainMetric[] {
  const memoryLimit = memoryLimitBytes();
  const heapLimit = heapLimitBytes();
  return [
    gauge("kserve_registry_build_info", "Always 1; its labels say which build this is.", () => [
      [labelsOf({ version: packageJson.version, node: process.versions.node }), 1],
    ]),
    gauge(
      "kserve_registry_draining",
      "1 once the process is stopping: it is no longer ready, and finishes its calls.",
      () => Number(draining()),
    ),
    gauge("kserve_registry_memory_limit_bytes", "The container's memory limit; absent if there is none.", () =>
      memoryLimit === undefined ? [] : [["", memoryLimit]],
    ),
    gauge(
      "kserve_registry_heap_limit_bytes",
      "The limit of the JavaScript heap's old generation in bytes: half of the container's memory, but at least 256 MiB, or what Node's flags say. At this limit the process exits, however much memory is left.",
      () => heapLimit,
    ),
    counter(
      "kserve_registry_log_lines_dropped_total",
      "Log lines lost because standard output was not read in time.",
      () => droppedLogLines(),
    ),
    gauge(
      "kserve_registry_certificate_expiry_timestamp_seconds",
      "When a certificate in use expires: the server's (server), or the client certificate for model servers (client).",
      () =>
        certificates.flatMap(({ use, pem }): Sample[] => {
          const end = endOf(pem());
          return end === undefined ? [] : [[labelsOf({ use }), end / 1000]];
        }),
    ),
  ];
}

/** When a certificate expires, in milliseconds since the epoch. */
function endOf(pem: string | undefined): number | undefined {
  if (pem === undefined) return undefined;
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}

/** The memory limit of the control group, in bytes. Without one the kernel reports a number larger than any memory. */
function memoryLimitBytes(): number | undefined {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < 2 ** 50 ? limit : undefined;
}

/**
 * The limit of the old generation of V8's heap, in bytes; V8 ends the process when it is exceeded. `heap_size_limit`
 * also contains the young generation, three semi-spaces, whose size is only known from the flag. Without the flag it is
 * not subtracted.
 */
function heapLimitBytes(): number {
  const flag = process.execArgv.findLast((arg) => arg.startsWith("--max-semi-space-size="));
  const semiSpaceMiB = flag === undefined ? 0 : Number(flag.slice(flag.indexOf("=") + 1));
  return getHeapStatistics().heap_size_limit - 3 * semiSpaceMiB * 2 ** 20;
}
