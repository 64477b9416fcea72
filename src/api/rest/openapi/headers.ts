import type { Header, Ref } from "./document.ts";

/** The headers of answers that several answers share. */
export const headers = {
  "x-request-id": {
    description: "The caller's `x-request-id`, or one made here: the log has it too.",
    required: true,
    schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,128}$" },
  },
  "retry-after": {
    description: "In how many seconds the call may be tried again.",
    required: true,
    schema: { type: "integer", minimum: 0, maximum: 60 },
  },
} as const satisfies Readonly<Record<string, Header>>;

/** Points to one of these headers. */
export function sharedHeader(name: keyof typeof headers): Record<string, Ref> {
  return { [name]: { $ref: `#/components/headers/${name}` } };
}
