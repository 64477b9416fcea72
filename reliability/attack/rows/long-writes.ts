import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { RegisterVersionRequestSchema } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { frame } from "../../../test/support/frame.ts";
import { send } from "../../../test/support/http-client.ts";
import { sendRpc, type WireFormat, wireFormats } from "../../../test/support/raw-rpc.ts";
import type { Attack } from "../attack.ts";

const atOnce = 12;
/** The longest text that a custom property may have, and as many as make 8 MB. */
const text = "x".repeat(65_000);
const keys = Array.from({ length: 123 }, (_, i) => `p${i}`);

const restProperties = JSON.stringify(
  Object.fromEntries(keys.map((key) => [key, { metadataType: "MetadataStringValue", string_value: text }])),
);

/** Records of 8 MB: decoded, and on their way to the database and back, a dozen would have several times the memory. */
export const longWrites: readonly Attack[] = [
  row("over REST", async (url, name) => {
    const headers = { "content-type": "application/json" };
    const body = `{"name":"${name}","customProperties":${restProperties}}`;
    const path = "/api/model_registry/v1/registered_models";
    return String((await send("1.1", { url, path, headers, body })).status);
  }),
  row("over gRPC", (url, name) =>
    register("grpc/2", url, frame(toBinary(RegisterVersionRequestSchema, version(name)))),
  ),
  row("by Connect, as JSON", (url, name) =>
    register("connect-json/1.1", url, toJsonString(RegisterVersionRequestSchema, version(name))),
  ),
];

let written = 0;

function row(how: string, write: (url: string, name: string) => Promise<string>): Attack {
  return {
    title: `${atOnce} records of 8 MB for the registry of versions, side by side, ${how}`,
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

function version(name: string) {
  const customProperties = Object.fromEntries(
    keys.map((key) => [key, { value: { case: "stringValue" as const, value: text } }]),
  );
  return create(RegisterVersionRequestSchema, {
    registeredModel: { name },
    modelVersion: { name: "1", customProperties },
  });
}

async function register(name: WireFormat["name"], url: string, body: string | Uint8Array): Promise<string> {
  const format = wireFormats.find((one) => one.name === name)!;
  const path = "/kserve.versions.v1.VersionRegistry/RegisterVersion";
  return (await sendRpc(format, { url, path, body })).code;
}
