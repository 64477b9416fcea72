import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { Contract } from "../../src/contract/contract.ts";
import { protoText } from "../../src/contract/proto-text.ts";

const buf = join(import.meta.dirname, "../../node_modules/.bin/buf");

/** Compiles the texts of contracts with buf, all at once: their descriptors by file name, without comments. */
export async function compile(contracts: readonly Contract[]): Promise<Map<string, FileDescriptorProto>> {
  const folder = await mkdtemp(join(tmpdir(), "contracts-"));
  try {
    await Promise.all(
      contracts.map(async ({ names, file }) => {
        const path = join(folder, names.fileName);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, protoText(file));
      }),
    );
    const { stdout } = await promisify(execFile)(
      buf,
      ["build", folder, "--as-file-descriptor-set", "--exclude-source-info", "--output", "-"],
      { encoding: "buffer", maxBuffer: 64 * 1024 * 1024 },
    );
    const { file } = fromBinary(FileDescriptorSetSchema, stdout);
    return new Map(file.map((one) => [one.name, one]));
  } finally {
    await rm(folder, { recursive: true });
  }
}
