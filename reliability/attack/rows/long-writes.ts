import { create, type MessageInitShape, toBinary, toJsonString } from "@bufbuild/protobuf";
import { RegisterVersionRequestSchema } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { frame } from "../../../test/support/frame.ts";
import { send } from "../../../test/support/http-client.ts";
import { sendRpc, wireFormats } from "../../../test/support/raw-rpc.ts";
import type { Attack } from "../attack.ts";

const atOnce = 24;
/** The longest text that a custom property may have, and as many as make 1 MB. */
const text = "x".repeat(65_000);
const keys = Array.from({ length: 15 }, (_, i) => `p${i}`);

/** Records of 1 MB, which is the most: decoded, and on their way to the database and back, many would have several times the memory. */
export const longWrites: readonly Attack[] = [
  row("over REST", async (url, name) => {
    const headers = { "content-type": "application/json" };
    const body = `{"name":"${name}","customProperties":${restProperties}}`;
    const path = "/api/model_registry/v1/registered_models";
    return String((await send("1.1", { url, path, headers, body })).status);
  }),
  row("over gRPC", (url, name) => {
    // Of a field that comes twice, the messages are merged.
    const named = binary({ registeredModel: { name }, modelVersion: { name: "1" } });
    return register("grpc/2", url, frame(Buffer.concat([named, binaryProperties])));
  }),
  row("by Connect, as JSON", (url, name) =>
    register("connect-json/1.1", url, `{"registeredModel":{"name":"${name}"},${jsonProperties.slice(1)}`),
  ),
];

const restProperties = JSON.stringify(
  Object.fromEntries(keys.map((key) => [key, { metadataType: "MetadataStringValue", string_value: text }])),
);
const customProperties = Object.fromEntries(
  keys.map((key) => [key, { value: { case: "stringValue" as const, value: text } }]),
);
const binaryProperties = binary({ modelVersion: { customProperties } });
const jsonProperties = toJsonString(
  RegisterVersionRequestSchema,
  create(RegisterVersionRequestSchema, { modelVersion: { name: "1", customProperties } }),
);

function binary(request: MessageInitShape<typeof RegisterVersionRequestSchema>): Uint8Array {
  return toBinary(RegisterVersionRequestSchema, create(RegisterVersionRequestSchema, request));
}

let written = 0;

function row(how: string, write: (url: string, name: string) => Promise<string>): Attack {
  return {
    title: `${atOnce} records of 1 MB for the registry of versions, side by side, ${how}`,
    profile: "open",
    // Those that are too many at once may be sent again later.
    right: /^(201,503|ResourceExhausted,ok)$/,
    async run({ url }) {
      const names = Array.from({ length: atOnce }, () => `long-write-${written++}`);
      const answers = await Promise.all(names.map((name) => write(url, name)));
      return [...new Set(answers)].sort().join();
    },
  };
}

async function register(format: string, url: string, body: string | Uint8Array): Promise<string> {
  const path = "/kserve.versions.v1.VersionRegistry/RegisterVersion";
  return (await sendRpc(wireFormats.find(({ name }) => name === format)!, { url, path, body })).code;
}
