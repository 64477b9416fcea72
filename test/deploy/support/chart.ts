import { inject } from "vitest";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../kube/support/kube-api.ts";
import { run } from "../../peers/support/run.ts";
import { chartDir, programs } from "./paths.ts";

/** Values of the chart, as a values file holds them. */
export type Values = Readonly<Record<string, unknown>>;

/** How a release is rendered. */
export interface RenderOptions {
  /** Default: kserve-model-registry. */
  readonly release?: string;
  /** Default: self-healing-platform. */
  readonly namespace?: string;
}

/** What has been rendered, by what it was rendered from: many tests look at the same release. */
const rendered = new Map<string, Promise<string>>();

/** Renders a release with `helm template`, hooks included. Throws with helm's words when it is refused. */
export function renderText(values: Values, options: RenderOptions = {}): Promise<string> {
  const key = JSON.stringify([values, options]);
  const known = rendered.get(key) ?? runHelm(values, options);
  rendered.set(key, known);
  return known;
}

async function runHelm(values: Values, options: RenderOptions): Promise<string> {
  const { release = "kserve-model-registry", namespace = "self-healing-platform" } = options;
  const args = ["template", release, chartDir, "--namespace", namespace, "--include-crds", "--values", "-"];
  const { code, stdout, stderr } = await run(programs.helm, args, { stdin: JSON.stringify(values) });
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

export async function render(values: Values, options?: RenderOptions): Promise<KubeObject[]> {
  return objectsOf(await renderText(values, options));
}

/** What helm prints after the installation of a release with these values. */
export async function notesOf(values: Values): Promise<string> {
  const args = ["install", "r", chartDir, "--dry-run=client", "--values", "-"];
  const env = { KUBECONFIG: inject("kubeconfig") };
  const { stdout, stderr } = await run(programs.helm, args, { stdin: JSON.stringify(values), env });
  const [, notes] = stdout.split("NOTES:\n");
  if (notes === undefined) throw new Error(stderr);
  return notes;
}

/** The objects of a text with YAML documents; empty ones are left out. */
export function objectsOf(text: string): KubeObject[] {
  return parseAllDocuments(text).flatMap((document) => (document.toJS() as KubeObject | null) ?? []);
}

/** The one object of a kind; with a name the one of that name. */
export function only<T = KubeObject>(objects: readonly KubeObject[], kind: string, name?: string): T {
  const found = objects.filter((one) => one.kind === kind && (name === undefined || one.metadata.name === name));
  if (found.length !== 1) throw new Error(`${found.length} of ${kind} ${name ?? ""} among ${listOf(objects)}`);
  return found[0] as T;
}

function listOf(objects: readonly KubeObject[]): string {
  return objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`).join(", ");
}

/** What a Deployment says of its pods, as far as tests look at it. */
export interface PodTemplate {
  readonly metadata: { readonly labels: Record<string, string> };
  readonly spec: {
    readonly [field: string]: unknown;
    readonly containers: readonly {
      readonly name: string;
      readonly args: readonly string[];
      readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
      readonly [field: string]: unknown;
    }[];
  };
}

/** The pods of the only Deployment, or of the one with a name. */
export function podsOf(objects: readonly KubeObject[], name?: string): PodTemplate {
  return only<{ spec: { template: PodTemplate } }>(objects, "Deployment", name).spec.template;
}

/**
 * The variables of the first container, as its process sees them: Kubernetes replaces `$(NAME)`, `$$` is `$`, and what
 * comes from a field of the pod is its namespace.
 */
export function environmentOfPods({ spec }: PodTemplate, namespace = ""): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { name, value = namespace } of spec.containers[0]!.env) {
    env[name] = value.replaceAll(/\$\$|\$\(([^)]*)\)/g, (all, variable?: string) =>
      variable === undefined ? "$" : (env[variable] ?? all),
    );
  }
  return env;
}
