import { checked } from "./config-variable.ts";

/** What the packages of typed contracts begin with, in each language. What follows is `models.disk_failure.v1`. */
export const contractVariables = {
  contractJavaPackage: checked(
    "KSERVE_CONTRACT_JAVA_PACKAGE",
    "a package such as com.example.models",
    /^[a-z_]\w*(\.[a-z_]\w*)*$/,
    {
      default: "io.kserve",
      meaning: "What the Java packages of typed contracts begin with: `io.kserve.models.disk_failure.v1`.",
    },
  ),
  contractGoPackage: checked(
    "KSERVE_CONTRACT_GO_PACKAGE",
    "an import path such as example.com/models/gen",
    /^[a-z0-9-]+(\.[a-z0-9-]+)+(\/[\w.~-]+)*$/i,
    {
      default: "kserve.io",
      meaning: "What the Go import paths of typed contracts begin with: `kserve.io/models/disk_failure/v1`.",
    },
  ),
  contractCsharpNamespace: checked(
    "KSERVE_CONTRACT_CSHARP_NAMESPACE",
    "a namespace such as Example.Models",
    /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/,
    {
      default: "Kserve",
      meaning: "What the C# namespaces of typed contracts begin with: `Kserve.Models.DiskFailure.V1`.",
    },
  ),
  contractRubyPackage: checked(
    "KSERVE_CONTRACT_RUBY_PACKAGE",
    "a module such as Example::Models",
    /^[A-Z]\w*(::[A-Z]\w*)*$/,
    {
      default: "Kserve",
      meaning: "What the Ruby modules of typed contracts begin with: `Kserve::Models::DiskFailure::V1`.",
    },
  ),
  contractPhpNamespace: checked(
    "KSERVE_CONTRACT_PHP_NAMESPACE",
    "a namespace such as Example\\Models",
    /^[A-Za-z_]\w*(\\[A-Za-z_]\w*)*$/,
    {
      default: "Kserve",
      meaning: "What the PHP namespaces of typed contracts begin with: `Kserve\\Models\\Disk_Failure\\V1`.",
    },
  ),
} as const;
