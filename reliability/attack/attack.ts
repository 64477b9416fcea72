import type { Victim } from "./victim.ts";

/** Who may call the service that is attacked: everybody, or anyone with a token of an issuer. */
export type Profile = "open" | "guarded";

/** Something hostile that is sent, and what is right. */
export interface Attack {
  readonly title: string;
  readonly profile: Profile;
  /** What there has to be before; neither its time nor its memory counts. */
  readonly prepare?: (victim: Victim) => Promise<void>;
  /** Sends it, and gives what came back in words: codes, status lines, resets. */
  readonly run: (victim: Victim) => Promise<string>;
  /** What that has to be. */
  readonly right: RegExp;
}

/** What came of an attack. */
export interface Result {
  readonly attack: Attack;
  readonly answer: string;
  readonly lives: boolean;
  /** The longest that one thing kept the event loop busy, in milliseconds of CPU. */
  readonly stallMs: number;
  /** What the process holds more than before the attack, once it is over, in bytes. */
  readonly keptBytes: number;
  /** How much of it is resident at the peak, in bytes. */
  readonly peakBytes: number;
  /** Predictions of other callers, usually and from the beginning of the attack on. */
  readonly others: OthersDuring;
}

/** How other callers fared. */
export interface OthersDuring {
  /** How many calls ended, from the beginning of the attack on. */
  readonly ended: number;
  readonly failed: number;
  /** The 99th percentile of the calls that ended, in milliseconds; NaN of none. */
  readonly p99Ms: number;
  readonly usualP99Ms: number;
}

/** What results are judged by. */
export interface Bounds {
  readonly stallMs: number;
  readonly keptBytes: number;
  readonly peakBytes: number;
  /** How many times their usual 99th percentile other callers may wait; undefined: they are not judged. */
  readonly slowdown: number | undefined;
}

/** What is wrong with a result, in words; none where all is as it should be. */
export function problemsOf(result: Result, bounds: Bounds): string[] {
  const { attack, answer, lives, stallMs, keptBytes, peakBytes, others } = result;
  if (!lives) return ["the process ended"];
  const problems: string[] = [];
  if (!attack.right.test(answer)) problems.push(`answered ${answer.slice(0, 160)}; expected ${attack.right.source}`);
  if (stallMs > bounds.stallMs) problems.push(`held the event loop up for ${Math.round(stallMs)} ms`);
  if (keptBytes > bounds.keptBytes) problems.push(`left ${Math.round(keptBytes / 1024 ** 2)} MiB behind`);
  if (peakBytes > bounds.peakBytes) problems.push(`took ${Math.round(peakBytes / 1024 ** 2)} MiB of memory`);
  if (others.failed > 0) problems.push(`${others.failed} calls of others failed`);
  if (bounds.slowdown !== undefined && others.p99Ms > bounds.slowdown * others.usualP99Ms) {
    problems.push(`others waited ${others.p99Ms.toFixed(1)} ms, and ${others.usualP99Ms.toFixed(1)} ms before`);
  }
  return problems;
}
