import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A certificate for localhost that signs itself, and its key. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes a certificate with openssl. Its common name tells it from others. */
export function makeCertificate(folder: string, commonName: string): Certificate {
  const certFile = join(folder, `${commonName}.crt`);
  const keyFile = join(folder, `${commonName}.key`);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", keyFile];
  const names = ["-subj", `/CN=${commonName}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  execFileSync("openssl", ["req", "-x509", ...key, ...names, "-days", "2", "-out", certFile], { stdio: "ignore" });
  return { certFile, keyFile };
}

/** Makes an authority, and certificates that it signs. */
export function makeAuthority(folder: string, name: string) {
  const ca = makeCertificate(folder, name);
  return {
    file: ca.certFile,
    issue(commonName: string, alternativeName: string, days = 2): Certificate {
      const [certFile, keyFile] = [".crt", ".key"].map((end) => join(folder, `${name}-${commonName}${end}`)) as [
        string,
        string,
      ];
      const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", keyFile];
      const names = ["-subj", `/CN=${commonName}`, "-addext", `subjectAltName=${alternativeName}`];
      // Some clients refuse an authority's own certificate as that of a server.
      const role = ["-addext", "basicConstraints=critical,CA:FALSE"];
      const by = ["-CA", ca.certFile, "-CAkey", ca.keyFile, "-days", String(days), "-out", certFile];
      execFileSync("openssl", ["req", "-x509", ...key, ...names, ...role, ...by], { stdio: "ignore" });
      return { certFile, keyFile };
    },
  };
}
