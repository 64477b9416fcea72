/** Contracts of models and features that are called like words of programming languages, in all that protoc makes. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { transform } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { contractText } from "../../../../src/contract/contract-text.ts";
import { cacheDir, programs, projectDir } from "../../support/paths.ts";
import { output } from "../../support/run.ts";
import { goModule, goPlugins, install, javaTools, rustContracts } from "../builds.ts";
import { chosenLanguages, type Language } from "../chosen.ts";
import { awkwardContracts } from "./awkward-contracts.ts";

const made = awkwardContracts(200);
const files = made.map(({ contract }) => contract.names.fileName);
/** As many as a compiler has time for; the first are those that were reported. */
const compiled = files.slice(0, 20);
const folder = join(cacheDir, "languages/contracts");
const protos = join(folder, "proto");
const minutes = 60_000;

/** Makes the code of contracts, into a folder of its own, which is returned. */
async function generate(name: string, of: readonly string[], args: (out: string) => string[], protoc = "protoc") {
  const out = join(folder, name);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await output(protoc, ["-I", protos, "-I", "/usr/include", ...args(out), ...of], { timeoutMs: 2 * minutes });
  return out;
}

function filesIn(out: string, ending: string): string[] {
  return readdirSync(out, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(out, name));
}

beforeAll(async () => {
  await install(chosenLanguages());
  rmSync(folder, { recursive: true, force: true });
  for (const { entry, contract } of made) {
    const path = join(protos, contract.names.fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contractText(entry, contract, "proto").text);
  }
}, 10 * minutes);

describe("200 awkward contracts", () => {
  it.each([
    ["cpp", 2],
    ["csharp", 1],
    ["java", 9],
    ["kotlin", 5],
    ["objc", 2],
    ["php", 5],
    ["pyi", 1],
    ["python", 1],
    ["ruby", 1],
  ])(
    "are taken by protoc's generator for %s, with files of their own",
    async (language, filesOfEach) => {
      const option = language === "csharp" ? ["--csharp_opt=base_namespace="] : [];
      const out = await generate(language, files, (to) => [...option, `--${language}_out=${to}`]);
      expect(filesIn(out, "").filter((name) => /\.\w+$/.test(name)).length).toBe(filesOfEach * files.length);
    },
    2 * minutes,
  );

  it.each(["cpp", "php", "python", "ruby"])(
    "are taken by gRPC's plugin for %s",
    async (language) => {
      const plugin = `--plugin=protoc-gen-grpc=/usr/bin/grpc_${language}_plugin`;
      const out = await generate(`grpc-${language}`, files, (to) => [plugin, `--grpc_out=${to}`]);
      expect(filesIn(out, "").filter((name) => /\.\w+$/.test(name)).length).toBe(
        (language === "cpp" ? 2 : 1) * files.length,
      );
    },
    2 * minutes,
  );

  it(
    "are taken by protoc-gen-es, with a name of its own for each export",
    async () => {
      const plugin = `--plugin=${join(projectDir, "node_modules/.bin/protoc-gen-es")}`;
      const out = await generate("es", files, (to) => [plugin, `--es_out=${to}`, "--es_opt=target=js"]);
      const modules = filesIn(out, "_pb.js");
      expect(modules.length).toBe(files.length);
      // A name that is exported twice is a syntax error.
      for (const path of modules) await transform(readFileSync(path, "utf8"), { format: "esm" });
    },
    2 * minutes,
  );
});

const compilers: Readonly<Record<Exclude<Language, "grpc-js">, () => Promise<unknown>>> = {
  async go() {
    const bin = await goPlugins();
    const out = await generate("go", compiled, (to) => [
      ...["go", "go-grpc"].flatMap((name) => [
        `--plugin=${join(bin, `protoc-gen-${name}`)}`,
        `--${name}_out=${to}`,
        `--${name}_opt=module=kserve.io`,
      ]),
    ]);
    await goModule(out, "kserve.io");
    await output("go", ["build", "./..."], { cwd: out, timeoutMs: 10 * minutes });
    // What Go leaves out of a build it does not complain about.
    const packages = (await output("go", ["list", "./..."], { cwd: out })).trim().split("\n");
    expect(packages.length).toBe(compiled.length);
  },
  async python() {
    const out = join(folder, "grpcio");
    mkdirSync(out, { recursive: true });
    await output(
      programs.clientPython,
      ["-m", "grpc_tools.protoc", "-I", protos, `--python_out=${out}`, `--grpc_python_out=${out}`, ...files],
      { timeoutMs: 2 * minutes },
    );
    const modules = files.flatMap((file) => {
      const module = file.replace(/\.proto$/, "").replaceAll("/", ".");
      return [`${module}_pb2`, `${module}_pb2_grpc`];
    });
    await output(programs.clientPython, ["-"], {
      cwd: out,
      stdin: `${modules.map((module) => `import ${module}`).join("\n")}\n`,
      timeoutMs: 2 * minutes,
    });
  },
  async java() {
    const { classpath, protoc, plugin } = await javaTools();
    const out = await generate(
      "grpc-java",
      compiled,
      (to) => [`--plugin=protoc-gen-grpc-java=${plugin}`, `--java_out=${to}`, `--grpc-java_out=${to}`],
      protoc,
    );
    const classes = join(out, "classes");
    await output("javac", ["-proc:none", "-nowarn", "-d", classes, "-cp", classpath, ...filesIn(out, ".java")], {
      timeoutMs: 5 * minutes,
    });
  },
  async cpp() {
    const out = await generate("grpc++", compiled, (to) => [
      "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin",
      `--cpp_out=${to}`,
      `--grpc_out=${to}`,
    ]);
    // All in one, for the headers of gRPC take longer than what is made. Each file has these two names for itself.
    const own = ["schemas", "file_default_instances"];
    const unit = join(out, "all.cc");
    writeFileSync(
      unit,
      compiled
        .map((file) => file.replace(/\.proto$/, ""))
        .map((stem, i) => {
          const defined = own.map((name) => `#define ${name} ${name}_${i}\n`).join("");
          const undefined_ = own.map((name) => `#undef ${name}\n`).join("");
          return `${defined}#include "${stem}.pb.cc"\n#include "${stem}.grpc.pb.cc"\n${undefined_}`;
        })
        .join(""),
    );
    await output("g++", ["-fsyntax-only", "-w", "-I", out, unit], { timeoutMs: 5 * minutes });
  },
  async rust() {
    await rustContracts(protos, compiled);
  },
};

describe.each(chosenLanguages().filter((language) => language !== "grpc-js"))("awkward contracts in %s", (language) => {
  it("compile", () => compilers[language](), 20 * minutes);
});
