import pkg from "../../../../package.json" with { type: "json" };
import type { OpenapiDocument } from "./document.ts";
import { errorResponses } from "./error-answers.ts";
import { headers } from "./headers.ts";
import { paths } from "./paths.ts";
import { schemas } from "./schemas.ts";

const description = `The REST surfaces of kserve-model-registry: the registered models, predictions, and the face of a
KServe v1 server. The same calls are served as gRPC, gRPC-Web and Connect on the same port, from
\`proto/kserve/registry/v1\`.

- Every GET also answers HEAD, with the headers alone.
- Query parameters that are not listed, and those that are given twice, are refused with 400.
- Every error is \`{"error": "..."}\`. A request that is not HTTP, or whose head is larger than 16 KiB or takes longer
  than 10 seconds, is answered by the HTTP server beneath with 400, 431 or 408 and no body.
- With \`CORS_ALLOWED_ORIGINS\`, preflight requests are answered with 204.`;

/** What `/openapi.json` says: every route of the REST surfaces, with all it takes and answers. */
export const openapiDocument: OpenapiDocument = {
  openapi: "3.1.1",
  info: {
    title: pkg.name,
    version: pkg.version,
    summary: pkg.description,
    description,
    license: { name: "Apache License 2.0", identifier: pkg.license },
  },
  servers: [{ url: "/", description: "The server that this document came from." }],
  tags: [
    { name: "Models", description: "The registered models and their predictions." },
    { name: "KServe v1", description: "What a KServe model server answers, so that its clients can point here." },
    { name: "Probes", description: "For the platform: probes, metrics, this document." },
  ],
  paths,
  components: { schemas, headers, responses: errorResponses },
};
