import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import type { ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { onTestFinished } from "vitest";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";

/** Serves some RPCs of the contract as a test wants them, on a free port of loopback. Returns the address. */
export async function startFakeRegistry(service: Partial<ServiceImpl<typeof ModelRegistry>>): Promise<string> {
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer(
    connectNodeAdapter({ routes: (router) => void router.service(ModelRegistry, service) }),
  );
  server.on("session", (session) => sessions.add(session));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
