import type { Attack } from "./attack.ts";
import { answersNotTaken } from "./rows/answers-not-taken.ts";
import { heads } from "./rows/heads.ts";
import { heldConnections } from "./rows/held-connections.ts";
import { largeWhenDecoded } from "./rows/large-when-decoded.ts";
import { longRecords } from "./rows/long-records.ts";
import { longValues } from "./rows/long-values.ts";
import { longWrites } from "./rows/long-writes.ts";
import { manyPieces } from "./rows/many-pieces.ts";
import { tensors } from "./rows/tensors.ts";

/** Every attack. What else has to hold stands in the tests that `held.ts` names. */
export const attacks: readonly Attack[] = [
  ...heads,
  ...heldConnections,
  ...largeWhenDecoded,
  ...manyPieces,
  ...tensors,
  ...answersNotTaken,
  ...longRecords,
  ...longValues,
  ...longWrites,
];
