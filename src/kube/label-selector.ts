/** Whether the selector matches an object with these labels. */
export type LabelSelector = (labels: Readonly<Record<string, string>>) => boolean;

const name = "[A-Za-z0-9](?:[-A-Za-z0-9_./]{0,315}[A-Za-z0-9])?";
const value = "(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?";
const equality = new RegExp(`^(${name})\\s*(=|==|!=)\\s*(${value})$`);
const membership = new RegExp(`^(${name})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const existence = new RegExp(`^(!?)\\s*(${name})$`);

/**
 * Parses a label selector in kubectl's form: `team=ml,tier in (a, b),!legacy`. `*` selects everything. Undefined when
 * it is invalid.
 */
export function parseLabelSelector(text: string): LabelSelector | undefined {
  if (text.trim() === "*") return () => true;
  // A comma within parentheses does not separate requirements.
  const requirements = text.split(/,(?![^(]*\))/).map((part) => parseRequirement(part.trim()));
  if (requirements.some((requirement) => requirement === undefined)) return undefined;
  return (labels) => requirements.every((holds) => holds!(labels));
}

function parseRequirement(text: string): LabelSelector | undefined {
  const equal = equality.exec(text);
  if (equal !== null) {
    const [, key, operator, wanted] = equal;
    return (labels) => (labels[key!] === wanted) === (operator !== "!=");
  }
  const member = membership.exec(text);
  if (member !== null) {
    const [, key, operator, list] = member;
    const values = list!.split(",").map((item) => item.trim());
    // A missing label is in no set, so `notin` always matches it.
    return (labels) => (labels[key!] !== undefined && values.includes(labels[key!]!)) === (operator === "in");
  }
  const exists = existence.exec(text);
  if (exists === null) return undefined;
  const [, not, key] = exists;
  return (labels) => (labels[key!] !== undefined) === (not === "");
}
