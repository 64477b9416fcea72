/**
 * How many bits the code of each byte has (RFC 7541, appendix B). That is all there is to know: codes of a length follow each
 * other in the order of their bytes, and behind the shorter ones.
 */
// biome-ignore format: 32 bytes in a row
const codeLengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
];

const maxLength = 30;
const counts = new Uint16Array(maxLength + 1);
for (const length of codeLengths) counts[length]!++;
/** The bytes in the order of their codes. */
const bytesInOrder = codeLengths.map((_, byte) => byte).sort((a, b) => codeLengths[a]! - codeLengths[b]! || a - b);

/**
 * Decodes a text in the Huffman code of HPACK, one character for each byte.
 *
 * @returns undefined for what is not in that code
 */
export function decodeHuffman(bytes: Uint8Array): string | undefined {
  let text = "";
  /** The bits of a code so far, how many they are, the first code of that length, and how many codes are shorter. */
  let [code, length, first, shorter] = [0, 0, 0, 0];
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      first = (first + counts[length]!) * 2;
      shorter += counts[length]!;
      code = code * 2 + ((byte >> bit) & 1);
      if (++length > maxLength) return undefined;
      if (code - first >= counts[length]!) continue;
      text += String.fromCharCode(bytesInOrder[shorter + code - first]!);
      [code, length, first, shorter] = [0, 0, 0, 0];
    }
  }
  // What is left is filled up with ones, with less than a byte of them.
  return length < 8 && code === 2 ** length - 1 ? text : undefined;
}
