import { describe, expect, it } from "vitest";
import { clientOf } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { answer } from "../support/fake-upstream.ts";
import { predictWays } from "../support/predict-forms.ts";
import { model, startRegistry } from "../support/running-service.ts";

const lists = (depth: number): string => "[".repeat(depth) + 1 + "]".repeat(depth);
const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
const instances = { case: "instances", value: { values: [{ kind: { case: "numberValue", value: 1 } }] } } as const;
const body = { case: "body", value: Buffer.from('{"instances":[1]}') } as const;

/** The strictest clients decode 48 lists or 32 objects in each other. */
const rows: readonly (readonly [string, string, boolean])[] = [
  ["45 lists", lists(45), true],
  ["46 lists", lists(46), false],
  ["62 lists", lists(62), false],
  ["a list of 29 objects", `[${objects(29)}]`, true],
  ["a list of 30 objects", `[${objects(30)}]`, false],
  ["a list of 60 objects", `[${objects(60)}]`, false],
];

describe.each(["on", "off"])("an answer, the fast path %s", (fastPath) => {
  it.each(rows.flatMap((row) => predictWays.map((way) => [row[0], way.name, row, way] as const)))(
    "of %s, by %s, is sent where every client can decode it, and else as body alone",
    async (_title, _name, row, way) => {
      const [, predictions, fits] = row;
      const { url, upstream } = await startRegistry({ env: { FAST_PATH: fastPath } });
      upstream.onPredict(model, answer(200, `{"predictions":${predictions}}`));
      const client = clientOf(way, url);
      const asMessage = client.predict({ name: model, input: instances as never });
      if (fits) {
        expect((await asMessage).output.case).toBe("predictions");
      } else {
        const error = await errorOf(asMessage);
        expect(partsOf(error).reason).toBe("MODEL_BAD_ANSWER");
        expect(error.rawMessage).toContain("use body");
      }
      const { output } = await client.predict({ name: model, input: body as never });
      expect(Buffer.from(output.value as Uint8Array).toString()).toContain(predictions);
    },
  );
});
