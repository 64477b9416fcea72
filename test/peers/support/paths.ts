import { join } from "node:path";

/** The root of the project. */
export const projectDir = join(import.meta.dirname, "../../..");

/** Where `test/peers/install.sh` puts the peers, and where the suites leave their logs and counts. */
export const cacheDir = join(projectDir, ".cache/peers");

/** Programs that `test/peers/install.sh` and `npm ci` install. */
export const programs = {
  kservePython: join(cacheDir, "kserve/bin/python"),
  /** With MLServer and its runtime for scikit-learn. */
  mlserverPython: join(cacheDir, "mlserver/bin/python"),
  /** With Triton itself. */
  tritonServerPython: join(cacheDir, "triton/bin/python"),
  schemathesisPython: join(cacheDir, "schemathesis/bin/python"),
  /** With clients of the Open Inference Protocol: they cannot share a process with KServe. */
  tritonPython: join(cacheDir, "triton-client/bin/python"),
  clientPython: join(cacheDir, "python-client/bin/python"),
  /** With the last `model-registry` that speaks v1alpha3. */
  registryAlphaPython: join(cacheDir, "model-registry-alpha/bin/python"),
  /** With the `model-registry` that speaks v1, and the SDK of Kubeflow around it. */
  registryPython: join(cacheDir, "model-registry/bin/python"),
  /** With what the image of the storage initializer holds, and an S3 server. */
  storagePython: join(cacheDir, "storage/bin/python"),
  grpcurl: join(cacheDir, "go/bin/grpcurl"),
  connectconformance: join(cacheDir, "go/bin/connectconformance"),
  buf: join(projectDir, "node_modules/.bin/buf"),
} as const;
