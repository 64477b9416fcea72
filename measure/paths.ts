import { join } from "node:path";

/** The folder of the project. */
export const root = join(import.meta.dirname, "..");

const cache = join(root, ".cache/bench");
const debian = join(cache, "debian");

/** What `install.sh` has installed, and where a run leaves its files. */
export const paths = {
  install: join(root, "bench/install.sh"),
  h2load: join(debian, "usr/bin/h2load"),
  wrk: join(debian, "usr/bin/wrk"),
  nginx: join(debian, "usr/sbin/nginx"),
  /** The libraries of the Debian programs. */
  libraries: join(debian, "usr/lib", process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu"),
  ghz: join(cache, "go/bin/ghz"),
  peers: join(cache, "peers"),
  /** Request bodies, answers, logs of one run. */
  work: join(cache, "work"),
  bundle: join(root, "dist/kserve-model-registry.js"),
  document: join(root, "docs/PERFORMANCE.md"),
  chart: join(root, "docs/performance.svg"),
} as const;
