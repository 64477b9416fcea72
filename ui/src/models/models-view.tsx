import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from "@patternfly/react-core";
import CubesIcon from "@patternfly/react-icons/dist/esm/icons/cubes-icon";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useDeferredValue, useMemo } from "react";
import { ViewHead } from "../frame/view-head.tsx";
import { useLiveModels } from "../live/live-models.ts";
import { FailureState } from "../states/failure.tsx";
import { Loading } from "../states/loading.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { filterModels, type ModelFilter, noFilter, readFilter } from "./model-filter.ts";
import { ModelsTable } from "./models-table.tsx";
import { Sources } from "./sources.tsx";
import { Unserved } from "./unserved.tsx";

/** Which models are served, live. */
export function ModelsView() {
  const { models, status } = useLiveModels();
  const search = useSearch({ strict: false });
  const filter = useMemo(() => readFilter(search), [search]);
  const navigate = useNavigate();
  const deferred = useDeferredValue(filter);
  const shown = useMemo(() => filterModels(models, deferred), [models, deferred]);
  const setFilter = (next: ModelFilter): void => {
    void navigate({ to: "/models", search: next, replace: true });
  };
  return (
    <>
      <ViewHead title="Models" tab="Models">
        The models that are served now, as they change.
      </ViewHead>
      <PageSection isFilled hasBodyWrapper={false} className="kmr-fill">
        {models.length === 0 && status.kind === "loading" && <Loading what="the models" />}
        {models.length === 0 && status.kind === "broken" && <FailureState error={status.error} />}
        {models.length === 0 && status.kind === "live" && <NoModels />}
        {models.length > 0 && (
          <>
            <FilterBar
              models={models}
              isWhole={status.kind !== "loading"}
              filter={filter}
              shown={shown.length}
              onChange={setFilter}
            />
            {shown.length > 0 && <ModelsTable models={shown} />}
            {shown.length === 0 && status.kind === "loading" && <Loading what="the models" />}
            {shown.length === 0 && status.kind !== "loading" && <NoMatch onClear={() => setFilter(noFilter)} />}
          </>
        )}
        {status.kind !== "loading" && <Unserved />}
        {status.kind !== "loading" && <Sources />}
      </PageSection>
    </>
  );
}

function NoModels() {
  return (
    <EmptyState titleText="No models yet" headingLevel="h2" icon={CubesIcon}>
      <EmptyStateBody>
        <p>
          Models come from a ConfigMap, a models file, ModelRegistration objects, labelled InferenceServices or the
          environment. As soon as one is there it is shown here.
        </p>
        <p>You may also lack permission to see models in other namespaces.</p>
      </EmptyStateBody>
    </EmptyState>
  );
}

function NoMatch({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState titleText="No model matches" headingLevel="h2" icon={SearchIcon}>
      <EmptyStateBody>Change or clear the filters.</EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button variant="link" onClick={onClear}>
            Clear filters
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
