import { send } from "../../../test/support/http-client.ts";
import type { Attack } from "../attack.ts";

const records = 160;
const atOnce = 6;
const collection = "/api/model_registry/v1/registered_models";
const rpc = "/kserve.versions.v1.VersionRegistry/ListRegisteredModels?connect=v1&encoding=json&message=";

/** Lists of records that are as long as records may be: a page of a thousand would have gigabytes. */
export const longRecords: readonly Attack[] = [
  list("over REST", `${collection}?pageSize=1000`),
  list("by Connect", `${rpc}${encodeURIComponent('{"pageSize":1000}')}`),
];

function list(how: string, path: string): Attack {
  return {
    title: `${atOnce} pages of ${records} registered models of 1 MB each, side by side, ${how}`,
    profile: "open",
    right: /^200$/,
    async prepare({ url }) {
      const headers = { "content-type": "application/json" };
      const text = "x".repeat(500_000);
      for (let i = 0; i < records; i++) {
        const body = JSON.stringify({ name: `long-${i}`, readme: text, logo: text });
        const { status } = await send("1.1", { url, path: collection, headers, body });
        // They are there from the attack before.
        if (status !== 201 && status !== 409) throw new Error(`a registered model of 1 MB got ${status}`);
      }
    },
    async run({ url }) {
      const answers = await Promise.all(
        Array.from({ length: atOnce }, () => send("1.1", { url, path, method: "GET", headers: {} })),
      );
      return [...new Set(answers.map(({ status }) => String(status)))].sort().join();
    },
  };
}
