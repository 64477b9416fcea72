import { create, type MessageInitShape, toBinary, toJson } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { allCases, type Case, caseName } from "../../bench/cases.ts";
import { framed, problemOf, wireRequest } from "../../bench/exchange.ts";
import { answerBody, predictionsOf } from "../../bench/payload.ts";
import { PredictResponseSchema } from "../../gen/kserve/registry/v1/model_registry_pb.ts";

const small = allCases.filter(({ rows }) => rows <= 100).map((one) => [caseName(one), one] as const);

/** What a server that does everything right answers. */
function rightAnswer(one: Case, predictions = predictionsOf(one.rows)) {
  const body = Buffer.from(JSON.stringify({ predictions }));
  if (one.protocol === "rest") return { status: 200, trailers: {}, body };
  const output = {
    instances: {
      case: "predictions",
      value: {
        kind: {
          case: "listValue",
          value: { values: predictions.map((value) => ({ kind: { case: "numberValue", value } })) },
        },
      },
    },
    tensor: { case: "tensor", value: { shape: [one.rows], values: predictions } },
    body: { case: "body", value: body },
  }[one.form] as MessageInitShape<typeof PredictResponseSchema>["output"];
  const message = create(PredictResponseSchema, { modelName: one.model, output: output! });
  const bytes = toBinary(PredictResponseSchema, message);
  switch (one.protocol) {
    case "connect-json":
      return {
        status: 200,
        trailers: {},
        body: Buffer.from(JSON.stringify(toJson(PredictResponseSchema, message))),
      };
    case "connect-binary":
      return { status: 200, trailers: {}, body: Buffer.from(bytes) };
    case "grpc":
      return { status: 200, trailers: { "grpc-status": "0" }, body: framed(bytes) };
    default: {
      const trailer = framed(Buffer.from("grpc-status: 0\r\n"));
      trailer[0] = 0x80;
      return { status: 200, trailers: {}, body: Buffer.concat([framed(bytes), trailer]) };
    }
  }
}

it.each(small)("%s: takes a right answer", (_, one) => {
  expect(problemOf(one, rightAnswer(one))).toBeUndefined();
});

it.each(small)("%s: finds one wrong prediction", (_, one) => {
  const predictions = predictionsOf(one.rows).with(0, 7);
  expect(problemOf(one, rightAnswer(one, predictions))).toBe("other predictions than the upstream's");
});

it.each(small)("%s: finds another status", (_, one) => {
  expect(problemOf(one, { ...rightAnswer(one), status: 503 })).toContain("503");
});

it("finds a gRPC status that is not OK", () => {
  const one = allCases[0]!;
  const answer = rightAnswer(one);
  expect(problemOf(one, { ...answer, trailers: { "grpc-status": "13" } })).toContain("gRPC status 13");
});

it("sends the same bytes in every run", () => {
  for (const [, one] of small) expect(wireRequest(one).body.equals(wireRequest(one).body)).toBe(true);
  expect(answerBody(3).toString()).toBe(answerBody(3).toString());
});
