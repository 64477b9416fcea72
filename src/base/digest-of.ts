import { hash } from "node:crypto";

/** A stand-in for a text, by SHA-256 in Base64: it stays small however long the text is, and does not give it away. */
export function digestOf(text: string): string {
  return hash("sha256", text, "base64");
}
