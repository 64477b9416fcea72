/** `modelVersionId` as `model_version_id`, the way that the contract and tables write it. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
