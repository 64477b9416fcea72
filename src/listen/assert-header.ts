import type { OutgoingHttpHeader } from "node:http";

const badName = /[^!#$%&'*+.^_`|~\w-]/;
const badValue = /[^\t -~\x80-\xff]/;

/** @throws TypeError of what would end its line */
export function assertHeader(name: string, value: OutgoingHttpHeader): void {
  if (name === "" || badName.test(name)) throw invalid("ERR_INVALID_HTTP_TOKEN", name);
  if (typeof value === "number") return;
  for (const one of typeof value === "string" ? [value] : value) {
    if (badValue.test(one)) throw invalid("ERR_INVALID_CHAR", name);
  }
}

function invalid(code: string, name: string): TypeError {
  const message = `the header ${JSON.stringify(name)} contains an invalid character`;
  return Object.assign(new TypeError(message), { code });
}
