import { send } from "../../../test/support/http-client.ts";
import type { Attack } from "../attack.ts";
import { inTime } from "../in-time.ts";
import { plainModel, typedModel } from "../victim.ts";

const bytes = 15 * 1024 ** 2;

const rest = `/v1/models/${plainModel}:predict`;
const described = `/v1/models/${typedModel}:predict`;
const openInference = `/v2/models/${plainModel}/infer`;

/** JSON that is long, and has few values: none of it fits a model. */
export const longValues: readonly Attack[] = [
  refused("white space", rest, (run) => `{"instances":[[1${run(" ")},2]]}`),
  refused("a number", rest, (run) => `{"instances":[[1${run("1")},2]]}`),
  refused("a name", rest, (run) => `{"${run("a")}":1,"instances":[[1,2]]}`),
  refused("white space", openInference, (run) => `{"inputs":[]${run(" ")}}`),
  refused("a string", described, (run) => `{"instances":[["${run("a")}"]]}`),
  refused("a string of escapes", described, (run) => `{"instances":[["${run("\\n")}"]]}`),
  refused("a string", openInference, (run) => `{"inputs":[],"id":"${run("a")}"}`),
];

function refused(what: string, path: string, bodyOf: (run: (piece: string) => string) => string): Attack {
  return {
    title: `15 MiB of ${what}, to ${path}`,
    profile: "open",
    right: /^400$/,
    run: async ({ url }) => {
      const body = bodyOf((piece) => piece.repeat(bytes / piece.length));
      const headers = { "content-type": "application/json" };
      return inTime(send("1.1", { url, path, headers, body }).then(({ status }) => String(status)));
    },
  };
}
