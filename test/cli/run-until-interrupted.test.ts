import { expect, it } from "vitest";
import type { CliIo } from "../../src/cli/cli-io.ts";
import { runUntilInterrupted } from "../../src/cli/run-until-interrupted.ts";

/** How a start fails whose listening does, with HOST set to `models.example`. */
function failingWith(error: object): Promise<void> {
  const io = { env: { HOST: "models.example" }, stdin: {}, stdout: {}, stderr: {} } as unknown as CliIo;
  return runUntilInterrupted(io, async () => () => Promise.reject(Object.assign(new Error("words"), error)));
}

// What Node says depends on the machine and its name server, so that a real start cannot be made to fail in each way.
it.each([
  ["a name that is not known", { code: "ENOTFOUND", syscall: "getaddrinfo", hostname: "models.example" }],
  ["a name that cannot be resolved", { code: "EAI_AGAIN", syscall: "getaddrinfo", hostname: "models.example" }],
  ["an address of another machine", { code: "EADDRNOTAVAIL", syscall: "listen" }],
  ["an address of a family that there is none of", { code: "EAFNOSUPPORT", syscall: "listen" }],
])("HOST is named where it is %s", async (_title, error) => {
  await expect(failingWith(error)).rejects.toThrow(
    `kserve-model-registry cannot start: HOST models.example is not an address of this machine (${error.code}); use 0.0.0.0`,
  );
});

it.each([
  ["of another host", { code: "ENOTFOUND", syscall: "getaddrinfo", hostname: "db.example" }],
  ["of a port that is not allowed", { code: "EACCES", syscall: "listen" }],
])("HOST is not named for a failure %s", async (_title, error) => {
  await expect(failingWith(error)).rejects.toThrow("kserve-model-registry cannot start: words");
});
