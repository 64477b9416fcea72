/** `modelVersionId` as `model_version_id`, the spelling of the contract and of SQL columns. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
