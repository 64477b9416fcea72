import type { Dice } from "./dice.ts";

const texts: readonly string[] = [
  "",
  " ",
  ".",
  "..",
  "-",
  "--",
  "a-",
  "-a",
  "A",
  "anomaly-detector ",
  "Anomaly-Detector",
  "anomaly_detector",
  "anomaly-detector\u0000",
  "anomaly-detector%00",
  "anomaly-detector:predict",
  "anomaly-detector%3Apredict",
  "../../../../etc/passwd",
  "%2e%2e%2f%2e%2e%2f",
  "%",
  "%zz",
  "%c0%af",
  "%ff%fe",
  "a%2Fb",
  "//",
  "\\",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "undefined",
  "NaN",
  "true",
  "0",
  "-1",
  "9007199254740993",
  "1e999",
  "18446744073709551616",
  "'; DROP TABLE models; --",
  "$" + "{jndi:ldap://127.0.0.1/a}",
  "{{7*7}}",
  "<script>alert(1)</script>",
  "%s%n%x",
  "\u0000\u0001\u001f\u007f",
  "\r\nx-injected: 1",
  "\ud800",
  "\u202e\u2066evil",
  "é".normalize("NFD"),
  "𝔞𝔫𝔬𝔪𝔞𝔩𝔶",
  "👩‍👩‍👧‍👦",
  "http://127.0.0.1:1/",
  "file:///etc/passwd",
  "a".repeat(63),
  "a".repeat(64),
  "a".repeat(253),
];

/** Text that programs trip over: a known trap, a long one, or random characters. */
export function hostileText(dice: Dice, maxLength = 10_000): string {
  if (dice.chance(0.6)) return dice.pick(texts);
  const length = dice.length(maxLength);
  if (dice.chance(0.5)) return dice.pick(["a", "é", "%41", "/", "\u0000", "𝔞", "-"]).repeat(length);
  const end = dice.pick([0x7f, 0x100, 0xffff, 0x10ffff]);
  return Array.from({ length: Math.min(length, 300) }, () => String.fromCodePoint(dice.below(end))).join("");
}
