/** One instruction of a Dockerfile: `COPY`, and its words. Flags such as `--from=build` are apart. */
export interface Instruction {
  readonly name: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly words: readonly string[];
}

/** One stage of a Dockerfile, from its FROM on. */
export interface Stage {
  readonly base: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** Reads the stages of a Dockerfile: comments, line continuations, flags, words in the shell or the JSON form. */
export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .replaceAll(/\\\n\s*/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const instruction = parseInstruction(line);
    if (instruction.name === "FROM") {
      const [base = "", , name] = instruction.words;
      stages.push({ base, name, instructions: [] });
    } else {
      stages.at(-1)?.instructions.push(instruction);
    }
  }
  return stages;
}

function parseInstruction(line: string): Instruction {
  const [, name = "", rest = ""] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
  const flags: Record<string, string> = {};
  let words = rest.trim();
  for (let match = flag.exec(words); match !== null; match = flag.exec(words)) {
    flags[match[1]!] = match[2]!;
    words = words.slice(match[0].length);
  }
  const list = words.startsWith("[") ? (JSON.parse(words) as string[]) : words.split(/\s+/);
  return { name: name.toUpperCase(), flags, words: list };
}

const flag = /^--([a-z-]+)=(\S+)\s+/;

/** The instructions of one name in a stage. */
export function instructionsOf(stage: Stage, name: string): Instruction[] {
  return stage.instructions.filter((instruction) => instruction.name === name);
}
