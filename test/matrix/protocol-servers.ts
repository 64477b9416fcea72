import { createServer, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { ModelProtocol } from "../../src/registry/model.ts";
import { doubles, GrpcFault, type Message, startInferenceServer } from "../support/inference-server.ts";

/** What a model server does, in the words of each protocol. */
export interface Behaviour {
  /** The status and body over REST; `predictions` of v1 beside the `outputs` of v2. */
  readonly rest: readonly [status: number, body: object];
  readonly grpc: () => Message;
  /** How long it takes to answer, in milliseconds. Default: no time. */
  readonly delayMs?: number;
  /** Whether it says that the model is not ready. Default: false. */
  readonly isLoading?: boolean;
}

const output = { name: "o", datatype: "FP64", shape: [1] };

/** An answer with one prediction, 3.5. */
export const answers: Behaviour = {
  rest: [200, { predictions: [3.5], model_name: "m", outputs: [{ ...output, data: [3.5] }] }],
  grpc: () => ({ model_name: "m", outputs: [output], raw_output_contents: [doubles(3.5)] }),
};

/** An answer with one text as its prediction. */
export function answersWith(text: string): Behaviour {
  const texts = { name: "o", datatype: "BYTES", shape: [1] };
  return {
    rest: [200, { predictions: [text], outputs: [{ ...texts, data: [text] }] }],
    grpc: () => ({ model_name: "m", outputs: [{ ...texts, contents: { bytes_contents: [Buffer.from(text)] } }] }),
  };
}

/** A failure with the same words in each protocol. */
export function fails(
  status: number,
  code: ConstructorParameters<typeof GrpcFault>[0],
  words = "said by the model",
): Behaviour {
  return {
    rest: [status, { error: words }],
    grpc: () => {
      throw new GrpcFault(code, words);
    },
  };
}

/** A server that listens. */
export interface RunningServer {
  /** How many predictions it has been asked for. */
  asked(): number;
}

/** Starts a server of a protocol; closed after the test. */
export async function startServer(
  protocol: ModelProtocol,
  name: string,
  { rest, grpc, delayMs = 0, isLoading = false }: Behaviour,
  port: number,
): Promise<RunningServer> {
  let asked = 0;
  if (protocol === "grpc-v2") {
    const infer = async (): Promise<Message> => {
      asked++;
      await sleep(delayMs);
      return grpc();
    };
    const described = {
      ServerMetadata: () => ({ name: "kserve" }),
      ModelMetadata: () => ({ name }),
      ModelReady: () => ({ ready: !isLoading }),
    };
    await startInferenceServer({ ...described, ModelInfer: infer }, "127.0.0.1", port);
    return { asked: () => asked };
  }
  const known: Readonly<Record<string, object>> = { "/v2": { name: "kserve", version: "0.21.0", extensions: [] } };
  const respond = (response: ServerResponse, status: number, body: object): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      if (!/\/infer$|:predict$/.test(request.url!)) {
        const isQuestion = new RegExp(`^/v1/models/${name}$|/ready$`).test(request.url!);
        if (isQuestion && isLoading) respond(response, 503, { error: `Model with name ${name} is not ready.` });
        else respond(response, 200, known[request.url!] ?? { name, inputs: [], outputs: [] });
        return;
      }
      asked++;
      setTimeout(() => respond(response, ...rest), delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked: () => asked };
}
