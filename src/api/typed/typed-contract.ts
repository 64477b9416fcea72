import { type ContractScope, contractOf } from "../../contract/contract.ts";
import { type ContractFormat, type ContractText, contractFormats, contractText } from "../../contract/contract-text.ts";
import type { PackageRoots } from "../../contract/file-options.ts";
import { metadataOf, type RegisteredModel } from "../../registry/model.ts";
import { invalidField, RegistryError } from "../../registry/registry-error.ts";

/**
 * The contract of a model in a form that was asked for.
 *
 * @throws RegistryError INVALID_REQUEST for an unknown form, FEATURES_NOT_DECLARED
 */
export function typedContract(
  model: RegisteredModel,
  format: string,
  roots?: PackageRoots,
  scope?: ContractScope,
): ContractText {
  if (!contractFormats.includes(format as ContractFormat)) {
    throw invalidField("format", `expected one of ${contractFormats.join(", ")}`);
  }
  const contract = contractOf(model, roots, scope);
  if (contract === undefined) {
    throw new RegistryError(
      "FEATURES_NOT_DECLARED",
      `${model.name} has no typed contract: its entry declares no inputFeatures. ` +
        'Declare them in the order of its columns, "inputFeatures": ["cpu", {"name": "memory", "type": "number"}].',
      { metadata: metadataOf(model) },
    );
  }
  return contractText(model, contract, format as ContractFormat);
}
