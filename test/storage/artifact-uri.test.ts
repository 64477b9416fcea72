import { describe, expect, it } from "vitest";
import { checkArtifactUri, shownUri } from "../../src/storage/artifact-uri.ts";
import { StorageError } from "../../src/storage/storage-error.ts";
import { allowedPrefixes, forbiddenArtifacts, outsideAllowed } from "./support/hostile-uris.ts";

describe("where files are", () => {
  it.each([
    ["s3://models/disk/2.1.0", undefined],
    ["gs://models/disk", undefined],
    ["hf://org/model:main", undefined],
    ["https://files.example/model.tar.gz?X-Amz-Signature=abc", "files.example"],
    ["http://127.0.0.1:9000/model.bin", "127.0.0.1"],
    ["https://account.blob.core.windows.net/container/model", "account.blob.core.windows.net"],
    ["https://account.z12.blob.storage.azure.net/container", "account.z12.blob.storage.azure.net"],
    ["oci://registry.example:5000/models/disk@sha256:abc", "registry.example"],
  ])("%s may be read, and names the host %s", (uri, host) => {
    expect(checkArtifactUri(uri, [])).toEqual({ uri, host });
  });

  it("is refused for every address of a metadata service, of this machine, and of no known kind", () => {
    expect(forbiddenArtifacts.length).toBeGreaterThan(300);
    for (const uri of forbiddenArtifacts) expect.soft(() => checkArtifactUri(uri, []), uri).toThrow(StorageError);
  });

  it.each([
    "s3://models/disk",
    "https://good.example/disk",
    "https://good.example",
    "https://GOOD.example/disk",
    "https://files.example/models/disk?signature=x",
    "https://files.example/models",
    "hf://org/model",
    "hf://org/model:v2",
  ])("%s is within what is allowed", (uri) => {
    expect(checkArtifactUri(uri, allowedPrefixes).uri.toLowerCase()).toContain(uri.toLowerCase());
  });

  it("is refused outside of what is allowed, however it is written", () => {
    for (const uri of [...outsideAllowed, ...forbiddenArtifacts]) {
      expect.soft(() => checkArtifactUri(uri, allowedPrefixes), uri).toThrow(StorageError);
    }
  });

  it("is shown without what may be a secret", () => {
    expect(shownUri("https://user:hunter2@files.example/m?sig=hunter2#hunter2")).toBe('"https://***@files.example/m"');
    const message = messageOf(() => checkArtifactUri("https://user:hunter2@files.example/m?sig=hunter2", []));
    expect(message).toContain("put credentials in a Secret");
    expect(message).not.toContain("hunter2");
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it does not fail");
}
