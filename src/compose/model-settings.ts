import { type Config, type Env, readConfig } from "../config/config.ts";
import type { Source } from "../registry/ports.ts";
import type { TlsClientFiles } from "../upstream/http/tls-client.ts";
import type { DatabaseOptions } from "../versions/database-options.ts";
import { databaseOf } from "./database.ts";
import { linkProblems } from "./links/open-links.ts";
import { upstreamTlsOf } from "./model-options.ts";
import { createSources } from "./model-sources.ts";

/** What the environment says of the models, for everything that calls them. */
export interface ModelSettings {
  readonly config: Config;
  /** Where the models come from. None is started. */
  readonly sources: readonly Source[];
  /** The files of TLS towards model servers. */
  readonly upstreamTls: TlsClientFiles;
  /** Where the registry of versions keeps its records. Undefined: it is off. */
  readonly database: DatabaseOptions | undefined;
  /** What is wrong, by variable: with any of them nothing may start. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Reads the environment, and finds every problem of it rather than the first. */
export function readModelSettings(env: Env): ModelSettings {
  const { config, problems, warnings } = readConfig(env);
  const models = createSources(env, config);
  const upstreamTls = upstreamTlsOf(config);
  const database = databaseOf(config);
  return {
    config,
    sources: models.sources,
    upstreamTls: upstreamTls.files,
    database: database.options,
    problems: [
      ...problems,
      ...models.problems,
      ...upstreamTls.problems,
      ...database.problems,
      ...linkProblems(config, database.options !== undefined),
    ],
    warnings: [...warnings, ...models.warnings],
  };
}
