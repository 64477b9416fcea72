import { oddHeaders, oddNames, oddPaths, oddQueries, oddTokens } from "./address-inputs.ts";
import type { Dice } from "./dice.ts";
import { changedHttp1, oddHttp1, rawBytes } from "./http1-inputs.ts";
import { changedHttp2, oddHttp2 } from "./http2-inputs.ts";
import type { Input } from "./input.ts";
import { oddEnvelopes, oddJson, oddProtobuf } from "./message-inputs.ts";

/** One way in, and how an input for it is made. */
export interface Surface {
  readonly name: string;
  readonly title: string;
  readonly make: (dice: Dice) => Input;
}

/** Every way in. Inputs are spread over them evenly. */
export const surfaces: readonly Surface[] = [
  { name: "raw", title: "raw sockets: other protocols, noise, parts of a request", make: rawBytes },
  { name: "http1", title: "HTTP/1.1: changed bytes of good requests", make: changedHttp1 },
  { name: "http1-grammar", title: "HTTP/1.1: heads and bodies against the grammar", make: oddHttp1 },
  { name: "http2", title: "HTTP/2: changed bytes of good connections", make: changedHttp2 },
  { name: "http2-grammar", title: "HTTP/2: frames against the grammar", make: oddHttp2 },
  { name: "grpc-frames", title: "envelopes of gRPC and gRPC-Web", make: oddEnvelopes },
  { name: "protobuf", title: "protobuf messages", make: oddProtobuf },
  { name: "json", title: "JSON of Connect and REST", make: oddJson },
  { name: "names", title: "names of models, services and namespaces", make: oddNames },
  { name: "tokens", title: "page tokens and resume tokens", make: oddTokens },
  { name: "paths", title: "paths and methods", make: oddPaths },
  { name: "queries", title: "queries, and messages in them", make: oddQueries },
  { name: "headers", title: "headers", make: oddHeaders },
];
