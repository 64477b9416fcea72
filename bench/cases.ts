import { modelOf } from "./payload.ts";

export const protocols = ["grpc", "connect-json", "connect-binary", "grpc-web", "rest"] as const;
export type Protocol = (typeof protocols)[number];

export const forms = ["instances", "tensor", "body"] as const;
export type Form = (typeof forms)[number];

/** One kind of request. */
export interface Case {
  readonly protocol: Protocol;
  readonly form: Form;
  readonly rows: number;
  readonly model: string;
}

const sizes = [1, 100, 1000, 10_000];

function casesOf(some: readonly Protocol[], of: readonly Form[], rows: readonly number[]): Case[] {
  return some.flatMap((protocol) =>
    of.flatMap((form) => rows.map((count) => ({ protocol, form, rows: count, model: modelOf(count) }))),
  );
}

/** REST has one form: KServe's body as it is. */
export const allCases: readonly Case[] = [
  ...casesOf(["grpc", "connect-json", "connect-binary", "grpc-web"], forms, sizes),
  ...casesOf(["rest"], ["body"], sizes),
];

/** The cases of `--quick`: those that targets are about, up to 1,000 rows. */
export const quickCases: readonly Case[] = [
  ...casesOf(["grpc"], forms, [1, 100, 1000]),
  ...casesOf(["connect-json"], ["instances"], [1, 1000]),
  ...casesOf(["rest"], ["body"], [1, 1000]),
];

/** `grpc/instances/1000`: how `--case` and the tables name it. */
export function caseName({ protocol, form, rows }: Case): string {
  return `${protocol}/${form}/${rows}`;
}

/** gRPC is measured over HTTP/2, all else over HTTP/1.1. */
export function httpVersion(protocol: Protocol): 1 | 2 {
  return protocol === "grpc" ? 2 : 1;
}
