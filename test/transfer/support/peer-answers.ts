import http from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A GET that the peer answers: 200 with this body, or another status with text. */
export type PeerAnswers = Readonly<Record<string, object | { readonly status: number; readonly text: string }>>;

/** A server with the answers of another registry, by path and, where it matters, page token. Returns its address. */
export async function startPeer(answers: PeerAnswers): Promise<{ url: string; asked: string[]; tokens: string[] }> {
  const asked: string[] = [];
  const tokens: string[] = [];
  const server = http.createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://peer");
    asked.push(pathname);
    if (request.headers.authorization !== undefined) tokens.push(request.headers.authorization);
    const token = searchParams.get("nextPageToken") ?? "";
    const answer = answers[token === "" ? pathname : `${pathname} ${token}`];
    const { status = 200, text } = (answer ?? { status: 404, text: "404 page not found\n" }) as {
      status?: number;
      text?: string;
    };
    response.writeHead(status, {
      "content-type": text === undefined ? "application/json; charset=UTF-8" : "text/plain",
    });
    response.end(text ?? JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, tokens };
}

const times = { createTimeSinceEpoch: "1700000000000", lastUpdateTimeSinceEpoch: "1700000005000" };

/** A list of the peer's. */
export function page(items: readonly object[], nextPageToken = ""): object {
  return { items, nextPageToken, pageSize: 500, size: items.length };
}

/**
 * A small registry as Kubeflow's server answers for it: artifacts do not say which version they belong to, structs come
 * back as JSON, all contexts share one series of ids, a version may belong to a model that is not there, and a step is a
 * number.
 *
 * @param base `/api/model_registry/v1alpha3`
 */
export function peerAnswers(base: string): PeerAnswers {
  const model = { id: "1", name: "fraud", state: "LIVE", owner: "ada", ...times };
  const properties = {
    settings: { metadataType: "MetadataStructValue", struct_value: '{"depth":3}' },
    builds: { metadataType: "MetadataIntValue", int_value: "12" },
  };
  const version = { id: "2", name: "1.0", registeredModelId: "1", state: "ARCHIVED", author: "ada", ...times };
  const orphan = { id: "7", name: "x", registeredModelId: "99", state: "LIVE", customProperties: {}, ...times };
  const files = {
    artifactType: "model-artifact",
    id: "1",
    name: "fraud",
    uri: "s3://models/fraud/1.0",
    state: "LIVE",
    experimentId: "5",
    customProperties: {},
    ...times,
  };
  const metric = {
    artifactType: "metric",
    id: "2",
    name: "accuracy",
    value: 0.97,
    step: 4,
    customProperties: {},
    ...times,
  };
  const alone = {
    artifactType: "doc-artifact",
    id: "3",
    name: "readme",
    uri: "https://x",
    customProperties: {},
    ...times,
  };
  const environment = { id: "3", name: "prod", customProperties: {}, ...times };
  const service = {
    id: "4",
    name: "fraud",
    registeredModelId: "1",
    servingEnvironmentId: "3",
    desiredState: "DEPLOYED",
    customProperties: {},
    ...times,
  };
  const serve = { id: "1", name: "s", modelVersionId: "2", lastKnownState: "RUNNING", customProperties: {}, ...times };
  const second = { ...model, id: "5", name: "o'brien \u{1f600}", customProperties: {} };
  return {
    [`${base}/registered_models`]: page([{ ...model, customProperties: properties }], "NTox"),
    [`${base}/registered_models NTox`]: page([second]),
    [`${base}/model_versions`]: page([{ ...version, customProperties: properties }, orphan]),
    [`${base}/model_versions/2/artifacts`]: page([files, metric]),
    [`${base}/model_versions/7/artifacts`]: page([]),
    [`${base}/serving_environments`]: page([environment]),
    [`${base}/inference_services`]: page([service]),
    [`${base}/inference_services/4/serves`]: page([serve]),
    [`${base}/artifacts`]: page([files, metric, alone]),
  };
}
