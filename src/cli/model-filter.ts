import { type Command, Option } from "commander";
import { ModelType } from "../../gen/kserve/registry/v1/model_pb.ts";
import { modelTypes } from "../registry/model.ts";

/** Which models a command is about; what is left out matches all. */
export interface RawFilter {
  readonly type?: string;
  readonly namespace?: string;
  readonly trigger?: string;
}

/** Adds the options that choose models. */
export function addFilterOptions(command: Command): Command {
  return command
    .addOption(new Option("--type <type>", "only models of this type").choices(modelTypes))
    .option("-n, --namespace <name>", "only models of this Kubernetes namespace")
    .option("--trigger <name>", "only models with this trigger: a bare name, a rule's type or its metric");
}

/** The filter as the requests of the contract hold it. */
export function filterFields(raw: RawFilter): { type: ModelType; namespace: string; trigger: string } {
  return {
    type: raw.type === undefined ? ModelType.UNSPECIFIED : ModelType[raw.type.toUpperCase() as keyof typeof ModelType],
    namespace: raw.namespace ?? "",
    trigger: raw.trigger ?? "",
  };
}

/** The filter as it was written, for a message: `--type anomaly --trigger disk`. Empty without one. */
export function filterWords({ type, namespace, trigger }: RawFilter): string {
  return Object.entries({ type, namespace, trigger })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `--${name} ${value}`)
    .join(" ");
}
