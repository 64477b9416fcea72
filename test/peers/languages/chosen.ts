/** The languages whose clients call the service. */
export const languages = ["go", "python", "grpc-js", "java", "rust", "cpp"] as const;
export type Language = (typeof languages)[number];

/** Their builds take minutes where nothing is cached: one of them a day, the others every time. */
const inTurn: readonly Language[] = ["java", "rust", "cpp"];

/**
 * The languages of this run: those that `LANGUAGES` names with commas between, `all` for all, `in-turn` for the one of those
 * that are slow to build whose day it is; otherwise that one and those that are quick to build.
 */
export function chosenLanguages(env: NodeJS.ProcessEnv = process.env, nowMs: number = Date.now()): Language[] {
  const named = env.LANGUAGES ?? "";
  const today = inTurn[Math.floor(nowMs / 86_400_000) % inTurn.length]!;
  if (named === "all") return [...languages];
  if (named === "in-turn") return [today];
  if (named !== "") {
    const chosen = named.split(",");
    const unknown = chosen.filter((name) => !languages.includes(name as Language));
    if (unknown.length > 0)
      throw new Error(`LANGUAGES: ${unknown.join(", ")}: expected some of ${languages.join(", ")}`);
    return chosen as Language[];
  }
  return languages.filter((language) => !inTurn.includes(language) || language === today);
}
