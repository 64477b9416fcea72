import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";

/** A client of the service for every protocol and HTTP version, by name. */
export function clientsOf(baseUrl: string): [string, Client<typeof ModelRegistry>][] {
  const transports: [string, Transport][] = [
    ["grpc/2", createGrpcTransport({ baseUrl })],
    ["grpc-web/1.1", createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })],
    ["grpc-web/2", createGrpcWebTransport({ baseUrl, httpVersion: "2" })],
    ["connect-binary/1.1", createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: true })],
    ["connect-binary/2", createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: true })],
    ["connect-json/1.1", createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false })],
    ["connect-json/2", createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: false })],
  ];
  return transports.map(([name, transport]) => [name, createClient(ModelRegistry, transport)]);
}
