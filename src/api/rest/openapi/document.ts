/** A JSON schema (2020-12), as OpenAPI 3.1 holds it. */
export type Schema = Readonly<Record<string, unknown>>;

/** What is shown for a value: a name, and the value itself. */
export type Examples = Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;

/** A parameter of a path, of a query or a header. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description: string;
  readonly schema: Schema;
  readonly examples?: Examples;
}

/** A header of an answer. */
export interface Header {
  readonly description: string;
  readonly required: boolean;
  readonly schema: Schema;
}

/** One media type of a body. */
export interface Content {
  readonly schema: Schema;
  readonly examples?: Examples;
}

/** Points to something under `components`. */
export interface Ref {
  readonly $ref: string;
}

/** One answer of an operation. */
export interface Response {
  readonly description: string;
  readonly headers: Readonly<Record<string, Header | Ref>>;
  readonly content: Readonly<Record<string, Content>>;
}

/** One method of one path. */
export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly description: string;
    readonly content: Readonly<Record<string, Content>>;
  };
  readonly responses: Readonly<Record<string, Response | Ref>>;
}

/** The operations of one path, by method. */
export type PathItem = Readonly<Partial<Record<"get" | "post" | "put" | "patch" | "delete", Operation>>>;

/** The parts of an OpenAPI document that this service uses. */
export interface OpenapiDocument {
  readonly openapi: "3.1.1";
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly summary: string;
    readonly description: string;
    readonly license: { readonly name: string; readonly identifier: string };
  };
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly headers: Readonly<Record<string, Header>>;
    readonly responses: Readonly<Record<string, Response>>;
  };
}
