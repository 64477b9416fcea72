import { median } from "../measure/stats.ts";
import type { Context, Finding } from "./context.ts";
import { measureCpu } from "./measure-cpu.ts";
import { modelOf, width } from "./payload.ts";
import { bundleEntry, ours, peerNames } from "./peers.ts";
import { startServer } from "./server-process.ts";

const rows = 1000;
const limit = 1.25;
const forms = [
  { protocol: "grpc", form: "instances" },
  { protocol: "grpc", form: "tensor" },
  { protocol: "connect-json", form: "instances" },
  { protocol: "rest", form: "body" },
] as const;

/** What it costs to check rows against 8 declared number features with bounds, next to a model that declares nothing. */
export async function measureDeclared(context: Context, rounds: number): Promise<Finding[]> {
  const { upstream, serverCore, loadCore, progress } = context;
  const model = modelOf(rows);
  const inputFeatures = Array.from({ length: width }, (_, i) => ({
    name: `feature_${i}`,
    type: "number",
    min: -100_000,
    max: 100_000,
  }));
  const entry = { name: model, type: "anomaly", url: `http://127.0.0.1:${upstream.port}`, inputFeatures };
  const env = { KSERVE_MODEL_REGISTRY: JSON.stringify([entry]) };
  const protocols = ["grpc", "connect-json", "rest"] as const;
  const start = async (name: string, changed: Readonly<Record<string, string>>) => {
    const command = (port: number) => ours(name, bundleEntry, [model], port, changed);
    return { peer: { name, protocols, command }, server: await startServer(await command(upstream.port), serverCore) };
  };
  const bare = await start("declares nothing", {});
  const declared = await start("declares 8 numbers", env);
  try {
    const cases = forms.map((one) => ({ ...one, rows, model }));
    const running = [bare, declared];
    const times = { seconds: 0.5, warmSeconds: 2, rounds };
    const figures = await measureCpu({ cases, running, upstream, loadCore, ...times, progress: () => {} });
    progress("the check of declared features is measured");
    return [...figures].map(([name, byServer]): Finding => {
      const [before, after] = [bare, declared].map(({ peer }) => median(byServer.get(peer.name)!));
      const ratio = after! / before!;
      const finding = {
        what: `check of 1,000 × 8 declared numbers, \`${name}\``,
        server: peerNames.bundle,
        measured: `${before!.toFixed(0)} µs without, ${after!.toFixed(0)} µs with: ${ratio.toFixed(2)} ×`,
      };
      return name.startsWith("grpc/instances")
        ? { ...finding, target: `at most ${limit} ×`, met: ratio <= limit }
        : finding;
    });
  } finally {
    await bare.server.stop();
    await declared.server.stop();
  }
}
