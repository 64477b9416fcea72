import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { Env } from "../../../src/config/config.ts";
import {
  type RunningService,
  type ServiceOptions,
  sharedRegistry,
  startRegistry,
} from "../../support/running-service.ts";
import { audience, type Issuer, startIssuer } from "./issuer.ts";

/** Two models that differ in nothing but whose they are. */
export const models = ["mine", "theirs"].map((name) => ({
  name,
  inputFeatures: [{ name: "cpu", type: "number", default: 1 }],
  triggers: ["always"],
}));

/** A service that asks for tokens, and who issues them. */
export type GuardedService = RunningService & { readonly issuer: Issuer };

function guardedBy(issuer: Issuer, env: Env, entry: Readonly<Record<string, unknown>> = {}): ServiceOptions {
  return {
    models: models.map((one) => ({ ...one, ...entry })),
    env: {
      AUTH_MODE: "oidc",
      OIDC_ISSUER: issuer.url,
      OIDC_AUDIENCE: audience,
      AUTH_MODELS_CLAIM: "models",
      ...env,
    },
  };
}

/** A service that asks for tokens of an issuer, with the models in the claim `models`. */
export async function startGuarded(
  env: Env = {},
  entry: Readonly<Record<string, unknown>> = {},
): Promise<GuardedService> {
  const issuer = await startIssuer();
  const service = await startRegistry(guardedBy(issuer, env, entry));
  // Hooks run backwards: the issuer is gone before the service is searched for connections that are left.
  onTestFinished(() => issuer.close());
  return { ...service, issuer };
}

/** The same for all tests of a suite, which change nothing in it. To be called within `describe`. */
export function sharedGuarded(env: Env = {}): () => GuardedService {
  let issuer: Issuer;
  beforeAll(async () => {
    issuer = await startIssuer();
  });
  const service = sharedRegistry(() => guardedBy(issuer, env));
  afterAll(() => issuer.close());
  return () => ({ ...service(), issuer });
}

/** The header that a token goes in. */
export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}
