import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Which rooms of `src/` a room may import. Files directly in `src/` wire the rooms and may import them all. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  registry: [],
  yaml: ["registry"],
  sources: ["registry", "yaml"],
  upstream: ["registry"],
  predict: ["registry"],
  contract: ["registry"],
  // Writes what the sources of Kubernetes read, with the same client.
  controller: ["registry", "sources"],
  access: ["registry"],
  doctor: ["contract", "predict", "registry", "upstream"],
  documents: ["registry", "yaml"],
  api: ["predict", "contract", "registry", "gen"],
  cli: ["doctor", "documents", "gen", "registry", "wiring"],
};

/** Libraries that stay in one place. */
const confined: readonly { library: RegExp; rooms: readonly string[] }[] = [
  { library: /^undici$/, rooms: ["upstream"] },
  { library: /^@connectrpc\//, rooms: ["api", "cli", "wiring"] },
  { library: /^@kubernetes\//, rooms: ["sources"] },
  { library: /^jose$/, rooms: ["access"] },
  { library: /^prom-client$/, rooms: ["api"] },
  { library: /^@opentelemetry\//, rooms: ["wiring"] },
  { library: /^cockatiel$/, rooms: ["predict"] },
  { library: /^pino$/, rooms: ["wiring"] },
];

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
}

function imports(): Import[] {
  return readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const file = join(root, "src", name);
      const text = readFileSync(file, "utf8");
      return [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map((match) => ({
        file,
        room: roomOf(file),
        target: match[1]!,
      }));
    });
}

function roomOf(file: string): string {
  const path = relative(root, file);
  if (path.startsWith("gen/")) return "gen";
  const parts = path.split("/");
  return parts.length === 2 ? "wiring" : parts[1]!;
}

describe("the rooms of src/", () => {
  const all = imports();

  it("are found", () => {
    expect(new Set(all.map(({ room }) => room))).toEqual(new Set([...Object.keys(allowed), "wiring"]));
  });

  it.each(Object.entries(allowed))("%s imports only %j", (room, rooms) => {
    const wrong = all
      .filter((one) => one.room === room && one.target.startsWith("."))
      .map(({ file, target }) => ({ file: relative(root, file), target, to: roomOf(resolve(dirname(file), target)) }))
      .filter(({ target, to }) => to !== room && !rooms.includes(to) && !target.endsWith("package.json"));
    expect(wrong).toEqual([]);
  });

  it.each(confined)("$library stays in $rooms", ({ library, rooms }) => {
    const wrong = all.filter(({ target, room }) => library.test(target) && !rooms.includes(room));
    expect(wrong).toEqual([]);
  });

  it("read process.env in one file", () => {
    const readers = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter(
      (name) => name.endsWith(".ts") && readFileSync(join(root, "src", name), "utf8").includes("process.env"),
    );
    expect(readers).toEqual(["main.ts"]);
  });
});
