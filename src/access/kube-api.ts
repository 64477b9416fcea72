import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";

/** The little of the Kubernetes API that is needed: something is posted, and something comes back. */
export interface KubeApi {
  /** Posts JSON. Rejects when no answer comes; every HTTP status is an answer. */
  post(path: string, body: object): Promise<{ readonly status: number; readonly body: unknown }>;
  close(): void;
}

/** The way to an API server, with the credentials of this service. */
export interface ApiServer {
  /** `https://10.0.0.1:443` */
  readonly server: string;
  readonly options: https.RequestOptions;
}

/** How long the API server may take. */
const timeoutMs = 5000;
/** How long credentials are used before they are read again. Kubernetes rotates a token long before it expires. */
const maxCredentialsAgeMs = 60_000;

interface Way extends ApiServer {
  readonly agent: http.Agent;
  readonly fingerprint: string;
}

/** Creates a client. `read` is asked again from time to time, because credentials rotate. */
export function createKubeApi(read: () => Promise<ApiServer>): KubeApi {
  let way: Way | undefined;
  let readTime = 0;
  const current = async (): Promise<Way> => {
    if (way !== undefined && performance.now() - readTime < maxCredentialsAgeMs) return way;
    const found = await read();
    const fingerprint = fingerprintOf(found);
    const old = way;
    way = { ...found, fingerprint, agent: old?.fingerprint === fingerprint ? old.agent : agentOf(found) };
    readTime = performance.now();
    // What is under way on the old connections ends first.
    if (old !== undefined && old.agent !== way.agent) setTimeout(() => old.agent.destroy(), timeoutMs).unref();
    return way;
  };
  return {
    async post(path, body) {
      try {
        return await post(await current(), path, body);
      } catch (error) {
        // Whatever was wrong, the files may say something else the next time.
        readTime = Number.NEGATIVE_INFINITY;
        throw error;
      }
    },
    close: () => way?.agent.destroy(),
  };
}

async function post({ server, options, agent }: Way, path: string, body: object): ReturnType<KubeApi["post"]> {
  const url = new URL(server.replace(/\/+$/, "") + path);
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const request = (url.protocol === "http:" ? http : https).request(url, {
      agent,
      method: "POST",
      signal: AbortSignal.timeout(timeoutMs),
      headers: { ...options.headers, "content-type": "application/json", accept: "application/json" },
      ...(options.auth ? { auth: options.auth } : {}),
    });
    request.once("response", resolve);
    request.on("error", reject);
    request.end(JSON.stringify(body));
  });
  const received = await text(response);
  return { status: response.statusCode ?? 0, body: jsonOf(received) };
}

const secure = ["ca", "cert", "key", "pfx", "passphrase", "servername", "rejectUnauthorized"] as const;

function fingerprintOf({ server, options }: ApiServer): string {
  return JSON.stringify([server, ...secure.map((name) => String(options[name]))]);
}

/** The library makes an agent for every request, which keeps no connection. */
function agentOf({ server, options }: ApiServer): http.Agent {
  // How many requests there are at a time is the caller's to limit: none waits for a connection while its time runs.
  const common = { keepAlive: true };
  if (server.startsWith("http:")) return new http.Agent(common);
  const given = secure.filter((name) => options[name] !== undefined && options[name] !== null);
  return new https.Agent({ ...common, ...Object.fromEntries(given.map((name) => [name, options[name]])) });
}

function jsonOf(received: string): unknown {
  try {
    return JSON.parse(received);
  } catch {
    return undefined;
  }
}
