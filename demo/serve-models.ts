/** Serves the trained models of the demo alone, as KServe does, on `PORT` (8081) and every address: for compose.yaml. */
import { startModelServer } from "./model-server.ts";
import { trainModels } from "./models.ts";

const models = Object.fromEntries(trainModels().map(({ entry, model }) => [entry.name, model]));
const server = await startModelServer({ models, port: Number(process.env.PORT ?? 8081), host: "0.0.0.0" });
console.log(`Serving ${Object.keys(models).join(", ")} on port ${server.port}`);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void server.stop());
