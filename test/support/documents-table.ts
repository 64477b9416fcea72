import { maxDocumentBytes } from "../../src/documents/yaml/document-size.ts";

/** An entry that can be served. */
export const good = "{name: good, service: good, type: anomaly}";

/** Entries that cannot be served, as a list of YAML writes them, with the field and a part of the words. */
export const badEntries: readonly (readonly [string, string, string, string])[] = [
  ["a text", "just words", "", "expected an object, found a string"],
  ["a number", "5", "", "expected an object, found a number"],
  ["nothing", "", "", "expected an object, found null"],
  ["a list", "[a, b]", "", "expected an object, found a list"],
  ["no name", "{service: s, type: anomaly}", "name", "missing"],
  ["a name in capitals", "{name: Bad, service: s, type: anomaly}", "name", "expected a DNS label"],
  ["a name with a slash", "{name: a/b, service: s, type: anomaly}", "name", "expected a DNS label"],
  ["a name that is too long", `{name: ${"a".repeat(64)}, service: s, type: anomaly}`, "name", "expected a DNS label"],
  ["a number for a name", "{name: 123, service: s, type: anomaly}", "name", "found 123"],
  ["a name that YAML reads as a flag", "{name: true, service: s, type: anomaly}", "name", "found true"],
  ["a name that is taken", good, "name", "used twice; line 2 has it already"],
  ["no service", "{name: bad, type: anomaly}", "service", "missing"],
  ["a list for a service", "{name: bad, service: [s], type: anomaly}", "service", "expected a DNS label"],
  ["no type", "{name: bad, service: s}", "type", "missing; expected anomaly, predictive or classification"],
  ["an unknown type", "{name: bad, service: s, type: regression}", "type", 'found "regression"'],
  ["an unknown field", "{name: bad, service: s, type: anomaly, colour: red}", "colour", "unknown field"],
  ["a misspelt field", "{name: bad, service: s, type: anomaly, trigers: [a]}", "trigers", "did you mean triggers?"],
  ["a bad namespace", "{name: bad, service: s, type: anomaly, namespace: a_b}", "namespace", "expected a DNS label"],
  ["a url that is none", "{name: bad, type: anomaly, url: 'not a url'}", "url", "expected a base address"],
  ["a url of a file", "{name: bad, type: anomaly, url: 'file:///etc/passwd'}", "url", "with http or https"],
  ["a password in a url", "{name: bad, type: anomaly, url: 'http://u:p@h'}", "url", "without a user or password"],
  ["a port out of range", "{name: bad, service: s, type: anomaly, port: 70000}", "port", "from 1 to 65535"],
  ["a port beside a url", "{name: bad, type: anomaly, url: 'http://h', port: 80}", "port", "not together with url"],
  ["a timeout without a unit", "{name: bad, service: s, type: anomaly, timeout: 30}", "timeout", "expected a duration"],
  [
    "a flag as a text",
    "{name: bad, service: s, type: anomaly, forwardAuthorization: 'yes'}",
    "forwardAuthorization",
    "true or false",
  ],
  ["a path for a path name", "{name: bad, service: s, type: anomaly, model: ../admin}", "model", "without '/'"],
  [
    "triggers that are not a list",
    "{name: bad, service: s, type: anomaly, triggers: spike}",
    "triggers",
    "expected a list",
  ],
  [
    "a trigger without a type",
    "{name: bad, service: s, type: anomaly, triggers: [{metric: m}]}",
    "triggers[0].type",
    "missing",
  ],
  [
    "a threshold that is infinite",
    "{name: bad, service: s, type: anomaly, triggers: [{type: t, metric: m, threshold: .inf}]}",
    "triggers[0].threshold",
    "expected a number",
  ],
  [
    "a feature that is there twice",
    "{name: bad, service: s, type: anomaly, inputFeatures: [a, a]}",
    "inputFeatures[1]",
    "used twice",
  ],
  [
    "too many features",
    `{name: bad, service: s, type: anomaly, inputFeatures: [${"a,".repeat(1025)}]}`,
    "inputFeatures",
    "at most 1024",
  ],
  [
    "a form of input without features",
    "{name: bad, service: s, type: anomaly, inputFormat: record}",
    "inputFormat",
    "needs inputFeatures",
  ],
  ["an unknown protocol", "{name: bad, service: s, type: anomaly, protocol: v3}", "protocol", "grpc-v2"],
  [
    "a form of input with tensors",
    "{name: bad, service: s, type: anomaly, protocol: v2, inputFeatures: [a], inputFormat: record}",
    "inputFormat",
    "not together with protocol v2",
  ],
  [
    "an action that is none",
    "{name: bad, service: s, type: anomaly, remediationActions: [5]}",
    "remediationActions[0]",
    "expected an object",
  ],
  [
    "an action that is nested too deep",
    `{name: bad, service: s, type: anomaly, remediationActions: [{type: t, p: ${"[".repeat(40)}${"]".repeat(40)}}]}`,
    "remediationActions[0]",
    "at most 16 levels",
  ],
  [
    "a description that is too long",
    `{name: bad, service: s, type: anomaly, description: ${"x".repeat(900_000)}}`,
    "description",
    "at most 4096 characters, found 900000",
  ],
  ["a key that is repeated", "{name: bad, service: s, type: anomaly, type: predictive}", "type", "is repeated"],
  ["a tag that nobody knows", "{name: bad, service: !python/object s, type: anomaly}", "", "Unresolved tag"],
  [
    "an entry that holds itself",
    "&self {name: bad, service: s, type: anomaly, remediationActions: [{type: t, again: *self}]}",
    "",
    "when its aliases are written out",
  ],
  ["a bomb of aliases", "{name: bad, service: s, type: anomaly, triggers: *e}", "", "when its aliases are written out"],
];

/** Aliases of aliases, for the bomb above. */
const anchors = ["b", "c", "d", "e"].reduce(
  (text, name, i) => `${text}x-${name}: &${name} [${`*${"abcde"[i]},`.repeat(12)}]\n`,
  "x-a: &a [x, x, x, x, x, x, x, x, x, x, x, x]\n",
);

/** A document with a bad entry, as the table has it, between two good ones. */
export function documentWith(entry: string): string {
  const list = `models:\n- ${good}\n- ${entry}\n- {name: last, service: last, type: anomaly}\n`;
  return entry.includes("*e") ? anchors + list : list;
}

/** Documents of which nothing can be read, with a part of the words. */
export const badDocuments: readonly (readonly [string, string, string])[] = [
  ["with an open bracket", `models: [${good}\n`, "line 2, column 1"],
  [
    "with a tab for indentation",
    `models:\n\t- ${good}\n`,
    "line 2, column 1: not YAML: Tabs are not allowed as indentation",
  ],
  ["with bad indentation", `models:\n  - name: a\n service: b\n`, "line 3"],
  ["with a quote that is left open", `models:\n- name: "a\n`, "line 3"],
  ["of two documents", `models: []\n---\nmodels: []\n`, "line 2, column 1: has several documents"],
  ["that is empty", " \n", "is empty; expected models: [...]"],
  ["of comments alone", "# nothing\n", "expected models: [...]"],
  ["that is a text", "models", "found a text"],
  ["without the list", "services: []\n", "found no such key"],
  ["with the list misspelt", `model:\n- ${good}\n`, 'found "model"'],
  ["with an object for the list", "models: {a: b}\n", "expected models: [...]"],
  ["with the list twice", `models: []\nmodels:\n- ${good}\n`, "models is repeated"],
  ["with an alias of nothing", "models: [*nobody]\n", "nobody"],
  ["nested without end", `models: ${"[".repeat(100_000)}`, "nested deeper than"],
  ["nested without end by dashes", `models:\n${"- ".repeat(100_000)}`, "nested deeper than"],
  ["with too many entries", `models:\n${"- x\n".repeat(10_001)}`, "10001 entries; at most 10000"],
  ["with problems everywhere", `models:\n${"- !x a\n".repeat(200)}`, "more than 100 problems"],
  ["that is too large", `models:\n- ${good}\n${"#".repeat(maxDocumentBytes)}`, `at most ${maxDocumentBytes}`],
];

/** Documents with the one good entry. */
export const goodDocuments: readonly (readonly [string, string])[] = [
  ["in YAML", `models:\n- ${good}\n`],
  ["in JSON", '{"models": [{"name": "good", "service": "good", "type": "anomaly"}]}'],
  ["that is the list alone", `- ${good}\n`],
  [
    "with defaults by anchor and merge",
    `x-all: &all {type: anomaly}\nmodels:\n- {<<: *all, name: good, service: good}\n`,
  ],
  ["with the marks of an editor", `\ufeff---\nmodels:\r\n- ${good}\r\n...\n`],
  ["whose defaults are used by many", `x-all: &all {type: anomaly}\nmodels:\n- ${good}\n${"- *all\n".repeat(500)}`],
];
