import type { CompiledQuery } from "kysely";

/** What a database takes and gives. Ids and times are decimal strings where they may exceed 53 bits. */
export type SqlValue = string | number | bigint | null;

/** Stands in a statement for a value that is known only when it runs. */
export class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A slot, as the type of the column that it is compared with or written to. */
export function slot(name: string): SqlValue {
  return new Slot(name) as unknown as SqlValue;
}

/** A statement of a known shape, compiled once. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** Under which a database keeps it prepared; undefined for one whose best plan depends on its values. */
  readonly name: string | undefined;
}

/** A statement with its values. */
export interface Query {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  readonly name: string | undefined;
}

export type SlotValues = Readonly<Record<string, SqlValue>>;

/** Puts values in the slots. */
export function bind(statement: Statement, values: SlotValues = {}): Query {
  const bound = statement.parameters.map((parameter) => {
    if (!(parameter instanceof Slot)) return parameter as SqlValue;
    const value = values[parameter.name];
    if (value === undefined) throw new Error(`no value for ${parameter.name} in ${statement.sql}`);
    return value;
  });
  return { sql: statement.sql, values: bound, name: statement.name };
}

/** The compiled statements by shape. There are as many as there are shapes of requests, which is a few hundred. */
export class Statements {
  readonly #byShape = new Map<string, Statement>();

  /** The statement of a shape, compiled the first time. */
  get(shape: string, build: () => { compile(): CompiledQuery }): Statement {
    let statement = this.#byShape.get(shape);
    if (statement === undefined) {
      const { sql, parameters } = build().compile();
      statement = { sql, parameters, name: `kmr_${this.#byShape.size + 1}` };
      this.#byShape.set(shape, statement);
    }
    return statement;
  }
}

/** Stands for the connections of a Kysely that only builds and compiles statements: executors of our own run them. */
export async function unconnected(): Promise<never> {
  throw new Error("a statement is run by an executor");
}

/** A statement as a database writes it, with values in its places. */
export function plain(sql: string, ...values: readonly SqlValue[]): Query {
  return { sql, values, name: undefined };
}

/** A statement that is run once, and not kept. */
export function once(build: { compile(): CompiledQuery }, values: SlotValues = {}): Query {
  const { sql, parameters } = build.compile();
  return bind({ sql, parameters, name: undefined }, values);
}
