/** Attacks the service as an anonymous caller or a tenant would, and says whether it, and everybody else, takes it well. */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { forgetPeak, rss } from "../../measure/proc-stat.ts";
import { createProgress } from "../../measure/progress.ts";
import { quantile } from "../../measure/stats.ts";
import { writeFigures } from "../document.ts";
import { printRules, runRules } from "../rule.ts";
import { type Attack, type Bounds, type Profile, problemsOf, type Result } from "./attack.ts";
import { startOtherCallers } from "./other-callers.ts";
import { rulesOf, tablesOf } from "./report.ts";
import { attacks } from "./rows.ts";
import { startVictim, type Victim } from "./victim.ts";

const usage = `usage: npm run attack -- [--quick] [--only TEXT] [--write]

  --quick       judges by bounds that hold on a busy machine, for CI
  --only TEXT   the attacks whose title holds this text
  --write       puts the figures into docs/RELIABILITY.md`;

const MiB = 1024 ** 2;
const keptBytes = 64 * MiB;
/** The chart's limit of memory for the container. */
const peakBytes = 512 * MiB;
const strict: Bounds = { stallMs: 50, keptBytes, peakBytes, slowdown: 3 };
const quick: Bounds = { stallMs: 500, keptBytes, peakBytes, slowdown: undefined };

const startLookMs = 20;

/** How long memory may take to come back. */
const settleMs = 5000;

/** How other callers are watched. */
interface Watch {
  /** So many calls of them have to end first, in which their own process and their connections become warm. */
  readonly warmUpCalls: number;
  /** How long they are watched before an attack, and from its beginning on at least: some are over before any call of others is. */
  readonly ms: number;
  /** So many calls have to end before attacks and from their beginning on: until then the attack is repeated, between times without one. */
  readonly calls: number;
}

/** Of a thousand calls ten decide about the 99th percentile. */
const strictWatch: Watch = { warmUpCalls: 300, ms: 2000, calls: 1000 };
const quickWatch: Watch = { warmUpCalls: 1, ms: 200, calls: 0 };
/** An attack that keeps others from ending any call is not repeated for ever. */
const maxRounds = 10;

async function main(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      write: { type: "boolean", default: false },
    },
  });
  const bounds = values.quick ? quick : strict;
  const chosen = attacks.filter(({ title }) => title.includes(values.only));
  const progress = createProgress();
  const results: Result[] = [];
  for (const profile of ["guarded", "open"] as const) {
    results.push(...(await attackAll(profile, chosen, bounds, progress)));
  }
  const rules = rulesOf(results, bounds);
  if (values.write) writeFigures("attack", "npm run attack", tablesOf(results), rules);
  return printRules(rules);
}

async function attackAll(
  profile: Profile,
  all: readonly Attack[],
  bounds: Bounds,
  progress: (text: string) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  let victim: Victim | undefined;
  try {
    for (const attack of all.filter((one) => one.profile === profile)) {
      // What one attack has ended must not spare it the next.
      if (victim === undefined || !victim.service.isAlive()) {
        await victim?.stop();
        victim = await startVictim(profile);
      }
      const isQuick = bounds.slowdown === undefined;
      const watch = isQuick ? quickWatch : strictWatch;
      let result = await attackAndWatch(victim, attack, watch);
      // What others on the machine make late is tried again; what is wrong is so every time.
      if (isQuick && result.lives && problemsOf(result, bounds).length > 0) {
        result = await attackAndWatch(victim, attack, watch);
      }
      results.push(result);
      const problems = problemsOf(result, bounds);
      const { p99Ms, usualP99Ms } = result.others;
      const others = `others ${p99Ms.toFixed(1)}, usually ${usualP99Ms.toFixed(1)} ms`;
      const memory = `${Math.round(result.keptBytes / MiB)} MiB left of ${Math.round(result.peakBytes / MiB)}`;
      const taken = `${Math.round(result.stallMs)} ms, ${memory}, ${others}`;
      const outcome = `${problems.join("; ") || result.answer} (${taken})`;
      progress(`${problems.length === 0 ? "ok  " : "FAIL"}  ${attack.title}: ${outcome}`);
    }
  } finally {
    await victim?.stop();
  }
  return results;
}

/** Attacks until enough calls of others have ended, and gives what was worst of it. */
async function attackAndWatch(victim: Victim, attack: Attack, watch: Watch): Promise<Result> {
  const { service } = victim;
  await attack.prepare?.(victim);
  const others = startOtherCallers(victim, await victim.authorization());
  for (let warm = 0; warm < watch.warmUpCalls; warm += (await others.take()).times.length) await sleep(startLookMs);
  const usual: number[] = [];
  const meanwhile: number[] = [];
  const rounds: Round[] = [];
  let failed = 0;
  const enough = (): boolean => usual.length >= watch.calls && meanwhile.length >= watch.calls;
  do {
    await sleep(watch.ms);
    usual.push(...(await others.take()).times);
    const watched = sleep(watch.calls === 0 ? 0 : watch.ms);
    rounds.push(await attackOnce(victim, attack));
    await watched;
    const taken = await others.take();
    meanwhile.push(...taken.times);
    failed += taken.failed;
  } while (service.isAlive() && !enough() && rounds.length < maxRounds);
  others.stop();
  return {
    attack,
    answer: (rounds.find(({ answer }) => !attack.right.test(answer)) ?? rounds[0]!).answer,
    lives: service.isAlive(),
    stallMs: Math.max(...rounds.map(({ stallMs }) => stallMs)),
    keptBytes: Math.max(...rounds.map(({ keptBytes }) => keptBytes)),
    peakBytes: Math.max(...rounds.map(({ peakBytes }) => peakBytes)),
    others: {
      ended: meanwhile.length,
      failed,
      p99Ms: quantile(meanwhile, 0.99),
      usualP99Ms: quantile(usual, 0.99),
    },
  };
}

type Round = Pick<Result, "answer" | "stallMs" | "keptBytes" | "peakBytes">;

async function attackOnce(victim: Victim, attack: Attack): Promise<Round> {
  const { service } = victim;
  const before = rss(service.pid).now;
  forgetPeak(service.pid);
  await service.ask({}).catch(() => {});
  const answer = await attack.run(victim).catch((error: Error) => error.message);
  const stallMs = (await service.ask({}).catch(() => undefined))?.longestMs ?? Number.NaN;
  const peakBytes = service.isAlive() ? rss(service.pid).peak : Number.NaN;
  return { answer, stallMs, peakBytes, keptBytes: await keptOver(victim, before) };
}

/**
 * What is held more than before, as soon as that is little, or when it has had its time. Garbage is collected then: the
 * heap may grow to a size that it is given from the start before the process does so by itself.
 */
async function keptOver({ service }: Victim, before: number): Promise<number> {
  const until = performance.now() + settleMs;
  const kept = (): number => rss(service.pid).now - before;
  while (service.isAlive() && performance.now() < until) {
    if (kept() <= keptBytes / 2) return kept();
    await sleep(100);
  }
  if (!service.isAlive()) return Number.POSITIVE_INFINITY;
  await service.liveBytes();
  await sleep(500);
  return kept();
}

await runRules("attack", usage, main);
