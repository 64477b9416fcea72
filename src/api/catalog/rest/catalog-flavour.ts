/** One of the two versions of the API that existing clients speak. */
export interface CatalogFlavour {
  readonly version: "v1" | "v1alpha1";
  /** Behind the operation ids of the document, which are unique over both. */
  readonly suffix: string;
  readonly isAlpha: boolean;
}

export const catalogFlavours: readonly CatalogFlavour[] = [
  { version: "v1", suffix: "", isAlpha: false },
  { version: "v1alpha1", suffix: "V1alpha1", isAlpha: true },
];
