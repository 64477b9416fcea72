import type { Attributes } from "@opentelemetry/api";
import { valueUnder } from "../../base/value-under.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { Predictor } from "../../registry/ports.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { attributesOfUpstream } from "./span-attributes.ts";
import type { SpanBatches } from "./span-batches.ts";
import { beginSpan, type SpanRules, spanKinds, traceparentOf } from "./spans.ts";

/** The attributes of a call to a model: as it begins, and with the answer that most calls get. */
interface UpstreamAttributes {
  readonly asked: Attributes;
  readonly answered: Attributes;
}

/** A predictor whose calls have spans, and that tells model servers by `traceparent` which span calls them. */
export function tracedPredictor(predictor: Predictor, rules: SpanRules, spans: SpanBatches): Predictor {
  // A model that changes is another object.
  const attributesByModel = new WeakMap<RegisteredModel, UpstreamAttributes>();
  return {
    ...predictor,
    async predict(upstreamCall) {
      const { model, headers } = upstreamCall;
      const span = beginSpan(rules, spanKinds.client, headers.traceparent);
      const traced = { ...upstreamCall, headers: { ...headers, traceparent: traceparentOf(span) } };
      if (!span.isSampled) return await predictor.predict(traced);
      const known = valueUnder(attributesByModel, model, () =>
        upstreamAttributes(attributesOfUpstream(model, predictor.predictPath(model))),
      );
      try {
        const answer = await predictor.predict(traced);
        const { status = 200, attempts } = answer;
        const isUsual = status === 200 && (attempts ?? 1) === 1;
        const attributes = isUsual ? known.answered : { ...known.asked, ...attributesOfAnswer(status, attempts) };
        spans.end(span, { name: "POST", attributes, isError: false });
        return answer;
      } catch (error) {
        const { upstreamStatus, attempts } = (error instanceof RegistryError && error.failure) || {};
        const errorType = upstreamStatus === undefined ? reasonOf(error) : String(upstreamStatus);
        const attributes = {
          ...known.asked,
          ...attributesOfAnswer(upstreamStatus, attempts),
          "error.type": errorType,
        };
        spans.end(span, { name: "POST", attributes, isError: true });
        throw error;
      }
    },
  };
}

function upstreamAttributes(asked: Attributes): UpstreamAttributes {
  return { asked, answered: { ...asked, ...attributesOfAnswer(200, 1) } };
}

function attributesOfAnswer(status: number | undefined, attempts = 1): Attributes {
  return {
    ...(status === undefined ? {} : { "http.response.status_code": status }),
    ...(attempts > 1 ? { "http.request.resend_count": attempts - 1 } : {}),
  };
}

/** As the convention has it for what is not an error of ours: the name of the class. */
function reasonOf(error: unknown): string {
  if (error instanceof RegistryError) return error.reason;
  return error instanceof Error ? error.name : "_OTHER";
}
