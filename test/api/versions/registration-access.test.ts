import { describe, expect, it } from "vitest";
import { Keeper } from "../../../src/api/versions/keeper.ts";
import type { Access } from "../../../src/registry/access.ts";
import type { Registration, VersionStore } from "../../../src/versions/ports.ts";

const ofVersion: Registration = {
  model: { fields: { name: "fraud" } },
  version: { fields: { name: "1" } },
  artifacts: [],
};
const withArtifact: Registration = {
  ...ofVersion,
  artifacts: [{ kind: "modelArtifact", fields: { uri: "s3://models/fraud" } }],
};

/** Whether a caller with these rights may register; the store has nothing against it. */
async function mayRegister(registration: Registration, rights: readonly string[]): Promise<boolean> {
  const access = {
    caller: "ci",
    mayKeep: (verb: string, resource: string, name?: string) => rights.includes(`${verb} ${resource} ${name ?? "any"}`),
  };
  let isRegistered = false;
  const store = {
    registerVersion: async () => {
      isRegistered = true;
      return { created: true, version: { kind: "modelVersion", id: "1", name: "1", fields: {} } };
    },
  };
  const keeping = { access: access as unknown as Access, signal: new AbortController().signal };
  const keeper = new Keeper(store as unknown as VersionStore, keeping, () => {});
  const refusal = await keeper.registerVersion(registration).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (refusal !== undefined) expect(refusal).toMatchObject({ reason: "PERMISSION_DENIED" });
  return isRegistered;
}

describe.each(["fraud", "any"])("a version that is registered by a caller with rights on %s", (name) => {
  const rights = [`create registeredmodels ${name}`, `create modelversions ${name}`];

  it("takes the right to create the model and the version", async () => {
    expect(await mayRegister(ofVersion, rights)).toBe(true);
    for (const right of rights) expect(await mayRegister(ofVersion, [right])).toBe(false);
  });

  it("with artifacts takes the right to create those too", async () => {
    expect(await mayRegister(withArtifact, rights)).toBe(false);
    expect(await mayRegister(withArtifact, [...rights, `create artifacts ${name}`])).toBe(true);
  });
});

it("the rights on another model do not count", async () => {
  const rights = ["create registeredmodels fraud", "create modelversions fraud", "create artifacts other"];
  expect(await mayRegister(withArtifact, rights)).toBe(false);
});
