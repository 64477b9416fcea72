import type { HfPort } from "../catalog-sources.ts";
import type { SourceSpec } from "../source-spec.ts";
import { HfClient } from "./hf-client.ts";
import { HfLoader, hfNames } from "./hf-loader.ts";
import { hfPatterns } from "./hf-patterns.ts";

export interface HfOptions {
  /** The address of sources that name none. Undefined: each has to. */
  readonly url: string | undefined;
  /** The token of a source: from the variable that it names, else the common one. Read again for each request. */
  readonly token: (variable: string) => string | undefined;
}

const defaultVariable = "HF_API_KEY";

/** Sources of the API of a model hub. */
export function createHfPort({ url, token }: HfOptions): HfPort {
  const addressOf = ({ properties }: SourceSpec): string | undefined => properties.url ?? url;
  const tokenOf = ({ properties }: SourceSpec): string | undefined => {
    const found = token(properties.apiKeyEnvVar ?? defaultVariable)?.trim();
    // Any other value was not meant for the hub.
    return found?.startsWith("hf_") ? found : undefined;
  };
  return {
    problemOf(spec) {
      const patterns = hfPatterns(spec);
      if (typeof patterns === "string") return patterns;
      return addressOf(spec) === undefined ? "properties.url: missing, and CATALOG_HF_URL is not set" : undefined;
    },
    createLoader: (spec, before) =>
      new HfLoader(spec, new HfClient({ url: addressOf(spec)!, token: () => tokenOf(spec) }), before),
    // The caller chooses the patterns, but neither the address nor a source's token.
    async names(spec, signal) {
      const problem = hfPatterns(spec);
      if (typeof problem === "string") throw new Error(problem);
      if (url === undefined) throw new Error("the server has no address of a hub (CATALOG_HF_URL)");
      return hfNames(spec, new HfClient({ url, token: () => undefined }), signal);
    },
  };
}
