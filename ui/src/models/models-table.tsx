import { Table, Tbody, Td, Tr } from "@patternfly/react-table";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useRef } from "react";
import type { Model } from "../../../gen/kserve/registry/v1/model_pb.ts";
import type { ModelActivity } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { ColumnHeads } from "../frame/column-heads.tsx";
import { useActivities } from "../live/activities.ts";
import { modelId, refOf } from "../live/model-ref.ts";
import { sourceWords, typeWords } from "../words/enum-words.ts";
import { ago } from "../words/time.ts";
import { Load } from "./load.tsx";
import { ServedVersion } from "./served-version.tsx";
import { StateLabel } from "./state-label.tsx";

/** How high a row is, in pixels, until it has been measured. */
const rowHeight = 60;
const columns = ["Name", "State", "Type", "Namespace", "Version", "Load", "Source", "Changed"];

/** The models. Only the rows in sight are in the document, so that ten thousand cost no more than ten. */
export function ModelsTable({ models }: { models: readonly Model[] }) {
  const frame = useRef<HTMLElement>(null);
  const activities = useActivities();
  const rows = useVirtualizer({
    count: models.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => modelId(models[index]!),
    overscan: 8,
  });
  const items = rows.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = rows.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="kmr-table-frame" ref={frame} tabIndex={0} aria-label="Models">
      <Table
        aria-label="Models"
        variant="compact"
        isStickyHeader
        aria-rowcount={models.length + 1}
        className="kmr-models"
      >
        <ColumnHeads labels={columns} />
        <Tbody>
          {before > 0 && <Gap height={before} />}
          {items.map(({ index, key }) => (
            <ModelRow
              key={key}
              model={models[index]!}
              activity={activities.get(modelId(models[index]!))}
              index={index}
              measure={rows.measureElement}
            />
          ))}
          {after > 0 && <Gap height={after} />}
        </Tbody>
      </Table>
    </section>
  );
}

/** Stands for the rows that are out of sight. */
function Gap({ height }: { height: number }) {
  return (
    <tr>
      <td colSpan={columns.length} style={{ height, padding: 0 }} />
    </tr>
  );
}

/** What the address bar has besides the name. */
function placeOf(model: Model): { readonly namespace?: string } {
  const { namespace } = refOf(model);
  return namespace === undefined ? {} : { namespace };
}

const ModelRow = memo(
  ({
    model,
    activity,
    index,
    measure,
  }: {
    model: Model;
    activity: ModelActivity | undefined;
    index: number;
    measure: (element: HTMLElement | null) => void;
  }) => (
    <Tr innerRef={measure} data-index={index} aria-rowindex={index + 2}>
      <Td dataLabel="Name">
        <Link to="/models/$name" params={{ name: model.name }} search={placeOf(model)}>
          {model.name}
        </Link>
        {model.description !== "" && <div className="kmr-quiet kmr-clip">{model.description}</div>}
      </Td>
      <Td dataLabel="State">
        <StateLabel state={model.state} />
        {model.stateReason !== "" && <div className="kmr-quiet kmr-clip">{model.stateReason}</div>}
      </Td>
      <Td dataLabel="Type">{typeWords(model.type)}</Td>
      <Td dataLabel="Namespace">{model.namespace}</Td>
      <Td dataLabel="Version">{model.versionLink && <ServedVersion name={model.name} link={model.versionLink} />}</Td>
      <Td dataLabel="Load">
        <Load activity={activity} />
      </Td>
      <Td dataLabel="Source">{sourceWords(model.source)}</Td>
      <Td dataLabel="Changed">{ago(model.updateTime)}</Td>
    </Tr>
  ),
);
