/** What the packages and namespaces of a contract are called in each language, by the names of protobuf's options. */
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

/**
 * The options of a contract.
 *
 * @param path the parts of its package: `["kserve", "models", "disk_failure", "v1"]`
 * @param serviceName `DiskFailure`
 */
export function fileOptions(path: readonly string[], serviceName: string): FileOptions {
  const [root = "", ...rest] = path;
  const namespace = path.map(pascalCase);
  const phpNamespace = path.map(capitalized).join("\\");
  return {
    csharpNamespace: namespace.join("."),
    goPackage: `${[`${root}.io`, ...rest].join("/")};${path.at(-2)}${path.at(-1)}`,
    javaMultipleFiles: true,
    javaOuterClassname: `${serviceName}Proto`,
    javaPackage: ["io", ...path].join("."),
    phpMetadataNamespace: `GPBMetadata\\${phpNamespace}`,
    phpNamespace,
    rubyPackage: namespace.join("::"),
  };
}

/** With its underscores, for namespaces of PHP know no case: `disk_failure` is `Disk_Failure`. */
function capitalized(part: string): string {
  return part.replace(/(^|_)([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
}

/** An underscore is left out only before a letter, so that no two parts become one: `a_b` is `AB`, `a__b` is `A_B`. */
function pascalCase(part: string): string {
  return part.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
