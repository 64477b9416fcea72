/**
 * `npm run demo`: trains three models, serves them the way KServe does, starts the registry in front of them, calls
 * every model over every protocol, and stays up to be tried. `--once` ends after the table.
 */
import type { JsonValue } from "@bufbuild/protobuf";
import { startService } from "../src/compose/service.ts";
import { adviceFromMetrics } from "./advice.ts";
import { demoCatalogSources } from "./catalog.ts";
import { compare, comparisonTable, type Question, TIMED_ROUNDS } from "./comparison.ts";
import { startModelServer } from "./model-server.ts";
import { type TrainedModel, trainModels } from "./models.ts";
import { buildPageOnce } from "./page.ts";
import { createProtocols } from "./protocols.ts";
import { thingsToTry } from "./things-to-try.ts";
import { registerVersions } from "./versions.ts";

const AGREED = `
Every protocol returned the predictions of the model itself. Times are medians of ${TIMED_ROUNDS} calls
and include the client, the registry and the model, which share one process in this demo.`;

const unknown = process.argv.slice(2).find((argument) => argument !== "--once");
if (unknown !== undefined) {
  console.error(`unknown argument ${unknown}; the demo takes only --once, to end after the table`);
  process.exitCode = 2;
} else {
  process.exitCode = await runDemo(process.argv.includes("--once"));
}

/** Runs the demo to its end; returns the exit code. */
async function runDemo(once: boolean): Promise<number> {
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  const began = performance.now();
  const trained = trainModels();
  console.log(`Trained ${trained.length} models in ${Math.round(performance.now() - began)} ms.`);

  const models = Object.fromEntries(trained.map(({ entry, model }) => [entry.name, model]));
  if (!once) await buildPageOnce();
  const modelServer = await startModelServer({ models });
  console.log(`Model server, with KServe's protocols: ${modelServer.url}`);
  try {
    const service = await startService(environment(trained, modelServer.url));
    try {
      console.log(`The registry is at ${service.url}\n`);
      if (!(await everyProtocolAgrees(trained, service.url))) return 1;
      console.log(`\n${await adviceFromMetrics(service.url)}`);
      console.log(`\n${await registerVersions(service.url, trained)}`);
      if (once) return 0;
      console.log(`\n${thingsToTry(service.url)}\n\nCtrl-C stops the demo.`);
      await interrupted;
      console.log("\nStopping.");
      return 0;
    } finally {
      await service.stop();
    }
  } catch (error) {
    console.error(explain(error));
    return 1;
  } finally {
    await modelServer.stop();
  }
}

function environment(trained: readonly TrainedModel[], modelServerUrl: string): Record<string, string | undefined> {
  return {
    LOG_LEVEL: "warn",
    PORT: "8080",
    ...process.env,
    HOST: "127.0.0.1",
    DATABASE_URL: "sqlite::memory:",
    CATALOG_SOURCES: demoCatalogSources,
    KSERVE_MODEL_REGISTRY: JSON.stringify(trained.map(({ entry }) => ({ ...entry, url: modelServerUrl }))),
  };
}

async function everyProtocolAgrees(trained: readonly TrainedModel[], url: string): Promise<boolean> {
  const questions: Question[] = trained.map(({ entry, example, model }) => ({
    model: entry.name,
    instances: example,
    expected: model.predict(example) as JsonValue[],
  }));
  const protocols = createProtocols(url);
  try {
    const outcomes = await compare(protocols.all, questions);
    const colour = process.stdout.isTTY && !process.env.NO_COLOR;
    console.log(comparisonTable(protocols.all, questions, outcomes, colour));
    const agreed = outcomes.flat().every(({ problem }) => problem === undefined);
    console.log(agreed ? AGREED : "\nThe demo failed.");
    return agreed;
  } finally {
    protocols.close();
  }
}

/** Says what went wrong, and what to do about it where that is known. */
function explain(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ((cause as NodeJS.ErrnoException).code === "EADDRINUSE") {
      return `Port ${process.env.PORT || 8080} is in use. Choose another one: PORT=8081 npm run demo`;
    }
  }
  return error instanceof Error ? `The demo failed: ${error.message}` : String(error);
}
