/** The packages and namespaces of a contract in each language, named as protobuf's file options. */
export interface FileOptions {
  readonly csharpNamespace: string;
  readonly goPackage: string;
  readonly javaMultipleFiles: true;
  readonly javaOuterClassname: string;
  readonly javaPackage: string;
  readonly phpMetadataNamespace: string;
  readonly phpNamespace: string;
  readonly rubyPackage: string;
}

/** The prefixes of the packages of all contracts: where an organization keeps generated code. */
export interface PackageRoots {
  /** `com.example` */
  readonly java: string;
  /** An import path: `example.com/models/gen`. */
  readonly go: string;
  /** `Example.Models` */
  readonly csharp: string;
  /** `Example::Models` */
  readonly ruby: string;
  /** `Example\Models` */
  readonly php: string;
}

/** Next to the packages of the registry's own contract. */
export const defaultPackageRoots: PackageRoots = {
  java: "io.kserve",
  go: "kserve.io",
  csharp: "Kserve",
  ruby: "Kserve",
  php: "Kserve",
};

/**
 * The options of a contract.
 *
 * @param packageName `kserve.models.disk_failure.v1`
 * @param serviceName `DiskFailure`
 */
export function fileOptions(packageName: string, serviceName: string, roots: PackageRoots): FileOptions {
  // After the `kserve` that the roots stand for.
  const path = packageName.split(".").slice(1);
  const namespace = path.map(pascalCase);
  const phpNamespace = [roots.php, ...path.map(capitalized)].join("\\");
  return {
    csharpNamespace: [roots.csharp, ...namespace].join("."),
    goPackage: `${[roots.go, ...path].join("/")};${path.at(-2)}${path.at(-1)}`,
    javaMultipleFiles: true,
    javaOuterClassname: `${serviceName}Proto`,
    javaPackage: [roots.java, ...path].join("."),
    phpMetadataNamespace: `GPBMetadata\\${phpNamespace}`,
    phpNamespace,
    rubyPackage: [roots.ruby, ...namespace].join("::"),
  };
}

/** Underscores are kept, because PHP's namespaces are case-insensitive: `disk_failure` is `Disk_Failure`. */
function capitalized(part: string): string {
  return part.replace(/(^|_)([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
}

/**
 * An underscore is dropped only before a letter, so that no two names become the same: `a_b` is `AB`, `a__b` is `A_B`.
 */
function pascalCase(part: string): string {
  return part.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
