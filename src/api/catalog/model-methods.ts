import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  ArtifactSort,
  GetModelResponseSchema,
  ListArtifactsResponseSchema,
  ListModelsResponseSchema,
  ListPerformanceArtifactsResponseSchema,
  type ModelCatalog,
  type Recommendation,
} from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { type Choice, defaultChoice } from "../../catalog/performance/recommend.ts";
import { invalidField, required } from "../../registry/registry-error.ts";
import { type CatalogDeps, readerOf } from "./catalog-deps.ts";
import { artifactToMessage, modelToMessage } from "./entry-messages.ts";
import { filteredRequestOf } from "./list-message.ts";
import { artifactCounts } from "./rest/entry-json.ts";

type Methods = "listModels" | "getModel" | "listArtifacts" | "listPerformanceArtifacts";

/** The RPCs about models and their artifacts. */
export function modelMethods(deps: CatalogDeps): Pick<ServiceImpl<typeof ModelCatalog>, Methods> {
  return {
    async listModels(request) {
      const { recommendation, orderBy } = request;
      if (recommendation !== undefined && orderBy !== "") {
        throw invalidField("order_by", "has to be empty with a recommendation, which gives the order");
      }
      const { query, sourceIds, sourceLabels, includeReadme } = request;
      const choice = recommendation === undefined ? undefined : choiceOf(recommendation);
      const asked = { ...filteredRequestOf(request, "name"), query, sourceIds, sourceLabels, choice };
      const page = await readerOf(deps).models(asked);
      const models = page.items.map((model) => modelToMessage(model, includeReadme));
      return create(ListModelsResponseSchema, { models, nextPageToken: page.nextPageToken });
    },

    getModel({ sourceId, name }) {
      const model = readerOf(deps).model(required(sourceId, "source_id"), required(name, "name"));
      const message = modelToMessage(model, true);
      message.artifactCounts = { ...artifactCounts(model) };
      return create(GetModelResponseSchema, { model: message });
    },

    async listArtifacts(request) {
      const types = request.sorts.map((sort) => {
        if (sort === ArtifactSort.MODEL) return "model-artifact" as const;
        if (sort === ArtifactSort.METRICS) return "metrics-artifact" as const;
        throw invalidField("sorts", `${sort} is not an artifact type`);
      });
      const { sourceId, name } = keyOf(request);
      const page = await readerOf(deps).artifacts(sourceId, name, filteredRequestOf(request, "id"), types);
      const artifacts = page.items.map(artifactToMessage);
      return create(ListArtifactsResponseSchema, { artifacts, nextPageToken: page.nextPageToken });
    },

    async listPerformanceArtifacts(request) {
      const { sourceId, name } = keyOf(request);
      const { recommendation, recommendedOnly } = request;
      const choice = recommendation === undefined ? defaultChoice : choiceOf(recommendation);
      const asked = { ...filteredRequestOf(request, "id"), choice, recommendedOnly };
      const page = await readerOf(deps).performance(sourceId, name, asked);
      const artifacts = page.items.map(artifactToMessage);
      return create(ListPerformanceArtifactsResponseSchema, { artifacts, nextPageToken: page.nextPageToken });
    },
  };
}

function keyOf({ sourceId, name }: { readonly sourceId: string; readonly name: string }) {
  return { sourceId: required(sourceId, "source_id"), name: required(name, "name") };
}

function choiceOf(message: Recommendation): Choice {
  const { targetRps } = message;
  if (targetRps < 0) throw invalidField("recommendation.target_rps", `${targetRps} must be 0 or more`);
  return {
    targetRps,
    latencyProperty: message.latencyProperty || defaultChoice.latencyProperty,
    rpsProperty: message.rpsProperty || defaultChoice.rpsProperty,
    hardwareCountProperty: message.hardwareCountProperty || defaultChoice.hardwareCountProperty,
    hardwareTypeProperty: message.hardwareTypeProperty || defaultChoice.hardwareTypeProperty,
  };
}
