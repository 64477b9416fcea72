/**
 * The commands to try against a running demo, ready to paste into another terminal.
 *
 * @param url the address of the registry, without a slash at the end
 */
export function thingsToTry(url: string): string {
  const rpc = `${url}/kserve.registry.v1.ModelRegistry`;
  const byName = `{"name":"anomaly-detector","instances":[[0.5,1.2,0.8]]}`;
  const byFeature = `{"instances":[{"disk_utilization":91.2,"iops":5000,"disk_age_days":365}]}`;
  return `Web UI: ${url}/ui/

Try in another terminal, in this directory:

  # Plain JSON
  curl ${url}/api/v1/models
  curl -d '{"instances":[[0.5,1.2,0.8]]}' \\
    ${url}/api/v1/models/anomaly-detector/predict

  # Rows by feature name, for a model that declares its features
  curl -d '${byFeature}' \\
    ${url}/api/v1/models/disk-failure-predictor/predict

  # What a prediction means, and which models metric samples trigger
  curl -d '${byFeature}' \\
    ${url}/api/v1/models/disk-failure-predictor/evaluate
  curl -d '{"disk_utilization":91.2,"iops":5000,"disk_age_days":365}' \\
    ${url}/api/v1/triggers/evaluate

  # Connect: the same contract as gRPC, in JSON
  curl -H 'content-type: application/json' \\
    -d '${byName}' \\
    ${rpc}/Predict

  # gRPC, through reflection: the address is all you need
  npx buf curl --http2-prior-knowledge --list-methods ${url}
  npx buf curl --protocol grpc --http2-prior-knowledge --emit-defaults \\
    -d '${byName}' \\
    ${rpc}/Predict

  # The Open Inference Protocol (KServe v2), for every model, whatever protocol its server speaks
  curl -d '{"inputs":[{"name":"input-0","shape":[1,3],"datatype":"FP64","data":[91.2,5000,365]}]}' \\
    ${url}/v2/models/disk-failure-predictor/infer

  # The typed contract of a model that declares its features
  curl ${url}/api/v1/models/disk-failure-predictor/contract
  npx buf curl --http2-prior-knowledge --protocol grpc \\
    -d '{"instances":[{"disk_utilization":91.2,"iops":5000,"disk_age_days":365}]}' \\
    ${url}/kserve.models.disk_failure_predictor.v1.DiskFailurePredictor/Predict

  # The command line
  npx node src/main.ts list --address ${url}
  npx node src/main.ts get disk-failure-predictor --address ${url}
  npx node src/main.ts predict anomaly-detector '[[0.5,1.2,0.8]]' --address ${url}
  npx node src/main.ts watch --address ${url}

  # The catalog: models to start from, recommendations for a load, and MCP servers (sample data)
  npx node src/main.ts catalog search chat --address ${url}
  curl "${url}/api/model_catalog/v1/sources/validated/models/heron/heron-chat-2b/artifacts/performance?targetRPS=20&recommendations=true"
  curl "${url}/api/mcp_catalog/v1/mcp_servers?includeTools=true"
  npx node src/main.ts catalog register validated heron/heron-chat-2b --address ${url}

  # The registry of versions: with curl, the command line, and the Python client of Kubeflow's registry
  curl "${url}/api/model_registry/v1/registered_model?name=disk-failure-predictor"
  npx node src/main.ts versions list disk-failure-predictor --address ${url}
  npx node src/main.ts versions compare disk-failure-predictor 1.0.0 1.1.0 --address ${url}
  pip install model-registry
  python3 -c 'from model_registry import ModelRegistry as R; r = R("${url}", author="you", is_secure=False); \\
    print(r.get_model_artifact("disk-failure-predictor", "1.1.0").uri)'`;
}
