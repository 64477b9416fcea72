import { vitalsOf } from "../process/vitals.ts";
import { createDice } from "./dice.ts";
import { goodInput } from "./good-input.ts";
import type { Input } from "./input.ts";
import { problemOf } from "./judge.ts";
import type { Options } from "./options.ts";
import { type Surface, surfaces } from "./surfaces.ts";
import type { Rest, Target } from "./target.ts";
import { createTransmitter, type Reply } from "./transmit.ts";

/** Something that must not be. */
export interface Finding {
  readonly surface: string;
  readonly problem: string;
  /** The number of the input, where it is known. */
  readonly index: number | undefined;
}

/** What came back on one surface, by how an exchange ended. */
export type Tally = Record<Reply["end"], number>;

/** What a run has found. */
export interface Outcome {
  readonly sent: number;
  readonly seconds: number;
  readonly tallies: ReadonlyMap<Surface, Tally>;
  readonly findings: readonly Finding[];
  readonly before: Rest;
  readonly after: Rest;
  /** The most that was seen resident meanwhile. */
  readonly peakBytes: number;
}

const concurrency = 96;
const warmUpCount = 10_000;
const checkEvery = 5000;
const maxFindings = 200;

/** The input of a number, which depends on the seed alone. */
export function inputOf(seed: number, index: number): { readonly surface: Surface; readonly input: Input } {
  const surface = surfaces[index % surfaces.length]!;
  return { surface, input: surface.make(createDice(seed, index)) };
}

/** Sends good requests, so that what the service holds before the attack is what it holds under any load. */
export async function warmUp({ service }: Target): Promise<void> {
  const transmitter = createTransmitter(service.port);
  let index = 0;
  const call = async (): Promise<void> => {
    while (index < warmUpCount) await transmitter.send(goodInput(createDice(0, index++)));
  };
  await Promise.all(Array.from({ length: concurrency }, call));
  transmitter.close();
}

/** Sends every input, many at a time, and looks at each reply, at the log, and now and then at how the service does. */
export async function fuzz(target: Target, options: Options, progress: (text: string) => void): Promise<Outcome> {
  const { service } = target;
  const tallies = new Map<Surface, Tally>();
  const findings: Finding[] = [];
  const transmitter = createTransmitter(service.port);
  const before = await target.rest();
  progress("at rest");
  const started = performance.now();
  let peakBytes = before.residentBytes;
  let index = 0;
  let sent = 0;
  let nextCheck = checkEvery;

  const attack = async (): Promise<void> => {
    while (sent < options.count && service.isAlive() && findings.length < maxFindings) {
      const at = index++;
      if (!options.surface.test(surfaces[at % surfaces.length]!.name)) continue;
      sent++;
      const { surface, input } = inputOf(options.seed, at);
      const reply = await transmitter.send(input);
      tallyOf(tallies, surface)[reply.end]++;
      const problem = problemOf(input, reply);
      if (problem !== undefined) findings.push({ surface: surface.name, problem, index: at });
      if (sent < nextCheck) continue;
      nextCheck += checkEvery;
      await check();
    }
  };
  const check = async (): Promise<void> => {
    findings.push(...findingsOfLog(target));
    await target.expectGoodAnswers().catch((error: Error) => {
      findings.push({ surface: "good requests", problem: error.message, index: undefined });
    });
    if (!service.isAlive()) return;
    const { residentBytes, sockets } = vitalsOf(service.pid);
    peakBytes = Math.max(peakBytes, residentBytes);
    const rate = Math.round((sent * 1000) / (performance.now() - started));
    progress(
      `${sent.toLocaleString("en")} sent, ${rate} a second; ${mebibytes(residentBytes)} MiB, ${sockets} sockets; ${findings.length} findings`,
    );
  };
  await Promise.all(Array.from({ length: concurrency }, attack));
  transmitter.close();
  const seconds = (performance.now() - started) / 1000;
  if (!service.isAlive()) {
    findings.push({
      surface: "process",
      problem: `ended: ${await service.exit}; ${service.stderr().slice(0, 4000)}`,
      index: undefined,
    });
    return { sent, seconds, tallies, findings, before, after: before, peakBytes };
  }
  await check();
  const after = await target.rest(before.sockets);
  progress("at rest");
  return { sent, seconds, tallies, findings, before, after, peakBytes };
}

function findingsOfLog(target: Target): Finding[] {
  // A call without a reason was ended by Connect, as its protocol prescribes; its reply has been judged.
  const faults = target
    .takeFaults()
    .filter(({ msg, reason, outcome }) => msg !== "call" || reason !== undefined || outcome !== "internal");
  return faults.map((line) => {
    const index = /^fuzz-(\d+)$/.exec(String(line.requestId))?.[1];
    const problem = `log, ${line.level}: ${[line.msg, line.method, line.outcome, line.reason, line.error, line.cause].filter(Boolean).join(", ").slice(0, 1000)}`;
    return { surface: "log", problem, index: index === undefined ? undefined : Number(index) };
  });
}

function tallyOf(tallies: Map<Surface, Tally>, surface: Surface): Tally {
  let tally = tallies.get(surface);
  if (tally === undefined) {
    tally = { answered: 0, closed: 0, silent: 0, unsent: 0 };
    tallies.set(surface, tally);
  }
  return tally;
}

export function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
