import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { contractOf } from "../../../src/contract/contract.ts";
import { contractText } from "../../../src/contract/contract-text.ts";
import { entryOf } from "../../contract/entries.ts";
import { cacheDir, programs, projectDir } from "../support/paths.ts";
import { output } from "../support/run.ts";
import type { Language } from "./chosen.ts";

/** How a program is started. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const suite = import.meta.dirname;
const examples = join(projectDir, "examples");
const cache = join(cacheDir, "languages");
const minutes = 60_000;

/** The model whose typed service the drivers call. */
export const diskFailure = {
  name: "disk-failure-predictor",
  type: "classification",
  inputFeatures: [
    { name: "disk_utilization", type: "number", min: 0, max: 100 },
    { name: "iops", type: "integer", min: 0 },
    { name: "disk_age_days", type: "number" },
  ],
  outputFormat: { field: "failure_probability", threshold: 0.7 },
} as const;
const typedFile = "kserve/models/disk_failure_predictor/v1/disk_failure_predictor.proto";
const typedProtos = join(cache, "typed");

/** Installs what the builds of some languages need. */
export async function install(languages: readonly Language[]): Promise<void> {
  await output("bash", [join(suite, "install.sh"), ...languages], { timeoutMs: 10 * minutes });
}

/** The plugins of protoc for Go, as the example pins them: the folder that they are in. */
export async function goPlugins(): Promise<string> {
  const bin = join(cache, "go-bin");
  const plugins = ["google.golang.org/protobuf/cmd/protoc-gen-go", "google.golang.org/grpc/cmd/protoc-gen-go-grpc"];
  await output("go", ["install", ...plugins], {
    cwd: join(examples, "go"),
    env: { GOBIN: bin },
    timeoutMs: 10 * minutes,
  });
  return bin;
}

/** Makes a folder with Go files a module with the libraries of the example. */
export async function goModule(folder: string, name: string): Promise<void> {
  for (const file of ["go.mod", "go.sum"]) copyFileSync(join(examples, "go", file), join(folder, file));
  await output("go", ["mod", "edit", "-module", name], { cwd: folder });
}

/** What Maven brings for the example in Java, which it builds: the libraries, protoc and its plugin. */
export async function javaTools(): Promise<{ classpath: string; protoc: string; plugin: string }> {
  const folder = join(examples, "java");
  await output("mvn", ["-q", "-B", "package"], { cwd: folder, timeoutMs: 15 * minutes });
  const tools = join(folder, "target/protoc-plugins");
  const tool = (prefix: string) => join(tools, readdirSync(tools).find((name) => name.startsWith(prefix))!);
  return {
    classpath: [join(folder, "target/client.jar"), join(folder, "target/lib/*")].join(":"),
    protoc: tool("protoc-4"),
    plugin: tool("protoc-gen-grpc-java"),
  };
}

/** Builds a crate, with the libraries that the example in Rust has built; returns the folder with the programs. */
export async function cargo(folder: string, ...args: readonly string[]): Promise<string> {
  const env = { CARGO_TARGET_DIR: join(cache, "cargo") };
  await output("cargo", [...args, "--quiet"], { cwd: folder, env, timeoutMs: 20 * minutes });
  return join(cache, "cargo/debug");
}

/** Builds the stubs of contracts in Rust. */
export async function rustContracts(from: string, files: readonly string[]): Promise<void> {
  const folder = join(cache, "rust-contracts");
  mkdirSync(join(folder, "src"), { recursive: true });
  for (const file of ["Cargo.toml", "Cargo.lock"]) {
    const text = readFileSync(join(examples, "rust", file), "utf8");
    // Cargo tells crates apart by name, not by folder: under one name each would overwrite what the other has built.
    writeFileSync(join(folder, file), text.replace('name = "client"', 'name = "contracts"'));
  }
  writeFileSync(
    join(folder, "build.rs"),
    `fn main() -> Result<(), Box<dyn std::error::Error>> {
    let descriptors = protox::compile(${JSON.stringify(files)}, [${JSON.stringify(from)}])?;
    tonic_prost_build::configure().include_file("all.rs").compile_fds(descriptors)?;
    Ok(())
}
`,
  );
  writeFileSync(join(folder, "src/lib.rs"), 'include!(concat!(env!("OUT_DIR"), "/all.rs"));\n');
  // Not a check: the libraries are built already.
  await cargo(folder, "build");
}

/** Builds the driver in C++, and with it the example, whose project is a part of its own; returns the folder of both. */
function cppDriver(): Promise<string> {
  return cmake(join(suite, "cpp"), join(cache, "cpp-driver"), `-DTYPED=${typedProtos}`);
}

async function cmake(source: string, build: string, ...args: readonly string[]): Promise<string> {
  // Debian's pkg-config alone takes minutes for gRPC where the machine is busy.
  await output("cmake", ["-S", source, "-B", build, ...args], { timeoutMs: 10 * minutes });
  await output("cmake", ["--build", build, "--parallel", "2"], { timeoutMs: 20 * minutes });
  return build;
}

async function pythonStubs(): Promise<string> {
  await output(programs.clientPython, [join(examples, "python/generate.py")], { timeoutMs: 2 * minutes });
  const out = join(cache, "python-typed");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const args = ["-m", "grpc_tools.protoc", "-I", typedProtos, `--python_out=${out}`, `--grpc_python_out=${out}`];
  await output(programs.clientPython, [...args, typedFile]);
  return out;
}

/** Builds the example of each language: how it is started. */
export const exampleOf: Readonly<Record<Language, () => Promise<Command>>> = {
  async go() {
    const folder = join(examples, "go");
    await output("go", ["generate", "./..."], { cwd: folder, timeoutMs: 10 * minutes });
    await output("go", ["vet", "./..."], { cwd: folder, timeoutMs: 10 * minutes });
    const program = join(cache, "go-bin/example");
    await output("go", ["build", "-o", program, "."], { cwd: folder, timeoutMs: 10 * minutes });
    return { program, args: [] };
  },
  async python() {
    await output(programs.clientPython, [join(examples, "python/generate.py")], { timeoutMs: 2 * minutes });
    return { program: programs.clientPython, args: [join(examples, "python/client.py")] };
  },
  "grpc-js": async () => ({ program: process.execPath, args: [join(examples, "grpc-js/client.ts")] }),
  async java() {
    await javaTools();
    return { program: "java", args: ["-jar", join(examples, "java/target/client.jar")] };
  },
  async rust() {
    return { program: join(await cargo(join(examples, "rust"), "build"), "client"), args: [] };
  },
  async cpp() {
    writeTypedContract();
    return { program: join(await cppDriver(), "example/client"), args: [] };
  },
};

/** Builds the driver of each language: how it is started. */
export const driverOf: Readonly<Record<Language, () => Promise<Command>>> = {
  async go() {
    const folder = join(suite, "go");
    await exampleOf.go();
    const bin = await goPlugins();
    rmSync(join(folder, "gen"), { recursive: true, force: true });
    mkdirSync(join(folder, "gen"));
    const plugins = ["go", "go-grpc"].flatMap((name) => [
      `--plugin=${join(bin, `protoc-gen-${name}`)}`,
      `--${name}_out=${join(folder, "gen")}`,
      `--${name}_opt=module=kserve.io`,
    ]);
    await output("protoc", ["-I", typedProtos, ...plugins, typedFile]);
    const program = join(cache, "go-bin/driver");
    await output("go", ["build", "-o", program, "."], { cwd: folder, timeoutMs: 10 * minutes });
    return { program, args: [] };
  },
  async python() {
    const stubs = await pythonStubs();
    const path = [join(examples, "python"), join(examples, "python/gen"), stubs];
    return {
      program: programs.clientPython,
      args: [join(suite, "python/driver.py")],
      env: { PYTHONPATH: path.join(":") },
    };
  },
  "grpc-js": async () => ({ program: process.execPath, args: [join(suite, "grpc-js/driver.ts"), typedProtos] }),
  async java() {
    const { classpath, protoc, plugin } = await javaTools();
    const out = join(cache, "java");
    rmSync(out, { recursive: true, force: true });
    mkdirSync(join(out, "classes"), { recursive: true });
    const to = [`--plugin=protoc-gen-grpc-java=${plugin}`, `--java_out=${out}`, `--grpc-java_out=${out}`];
    await output(protoc, ["-I", typedProtos, "-I", "/usr/include", ...to, typedFile]);
    const stubs = readdirSync(out, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".java"))
      .map((name) => join(out, name));
    const args = ["-proc:none", "-nowarn", "-d", join(out, "classes"), "-cp", classpath];
    await output("javac", [...args, ...stubs, join(suite, "java/Driver.java")], { timeoutMs: 5 * minutes });
    return { program: "java", args: ["-cp", `${join(out, "classes")}:${classpath}`, "Driver"] };
  },
  async rust() {
    const program = join(await cargo(join(suite, "rust"), "build"), "driver");
    return { program, args: [] };
  },
  async cpp() {
    return { program: join(await cppDriver(), "driver"), args: [] };
  },
};

/** Writes the typed contract that the drivers are built with. */
export function writeTypedContract(): void {
  const entry = entryOf(diskFailure);
  const path = join(typedProtos, typedFile);
  mkdirSync(dirname(path), { recursive: true });
  const { text } = contractText(entry, contractOf(entry)!, "proto");
  // Only where it is another one: builds look at its time.
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
}
