import { Table, Tbody, Td, Tr } from "@patternfly/react-table";
import type { ReactNode } from "react";
import type { GetModelResponse } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { ColumnHeads } from "../frame/column-heads.tsx";
import { FactList } from "../frame/fact-list.tsx";
import { EntryProblems } from "../models/entry-problems.tsx";
import { BreakerLabel } from "../models/load.tsx";
import { ServedVersion } from "../models/served-version.tsx";
import { addressRuleWords, comparisonSign, sourceWords, stateWords } from "../words/enum-words.ts";
import { ago, exactly } from "../words/time.ts";
import { Advice } from "./advice.tsx";

/** The details of a model: where its calls go and why, whether it is ready, and where its entry comes from. */
export function Facts({ response }: { response: GetModelResponse }) {
  const { model, address, entries, readiness, breaker, inFlight, queued, typedService } = response;
  const output = model?.outputFormat;
  const facts: readonly (readonly [term: string, fact: ReactNode])[] = [
    ["Predictions go to", address && <code>{`${address.url}${address.predictPath}`}</code>],
    ["Because", address && addressRuleWords(address.rule)],
    [
      "Readiness",
      readiness && (
        <>
          {stateWords(readiness.state)}
          {readiness.reason !== "" && `: ${readiness.reason}`}{" "}
          <span className="kmr-quiet" title={exactly(readiness.checkTime)}>
            checked {ago(readiness.checkTime)}
          </span>
        </>
      ),
    ],
    [
      "Breaker",
      breaker && (
        <>
          <BreakerLabel state={breaker.state} />{" "}
          {breaker.consecutiveFailures > 0 && `${breaker.consecutiveFailures} failures in a row. `}
          {breaker.openTime !== undefined &&
            `Open since ${exactly(breaker.openTime)}; checked again ${ago(breaker.nextProbeTime)}.`}
        </>
      ),
    ],
    ["Load", `${inFlight} in flight, ${queued} queued`],
    ["Version", model?.versionLink && <ServedVersion name={model.name} link={model.versionLink} isWhole />],
    ["Namespace", model?.namespace],
    ["Service", model?.service],
    ["Cluster", model?.cluster],
    ["Typed service", typedService && <code>{typedService}</code>],
    [
      "Triggers",
      model !== undefined && model.triggers.length > 0 && (
        <ul className="kmr-plain-list">
          {model.triggers.map(({ name, metric, comparison, threshold }) => (
            <li key={`${name} ${metric} ${comparison} ${threshold}`}>
              {name || `${metric} ${threshold === undefined ? "" : `${comparisonSign(comparison)} ${threshold}`}`}
            </li>
          ))}
        </ul>
      ),
    ],
    [
      "What a prediction means",
      output && (
        <ul className="kmr-plain-list">
          {output.field !== "" && (
            <li>
              the value is at <code>{output.field}</code>
            </li>
          )}
          {output.threshold !== undefined && (
            <li>
              needs action if {comparisonSign(output.comparison)} {output.threshold}
            </li>
          )}
          {Object.entries(output.labels).map(([value, label]) => (
            <li key={value}>
              <code>{value}</code> is {label}
            </li>
          ))}
        </ul>
      ),
    ],
    [
      "Owner's advice",
      model !== undefined && model.remediationActions.length > 0 && <Advice actions={model.remediationActions} />,
    ],
  ];
  return (
    <>
      <FactList facts={facts} />
      <h2 className="kmr-subtitle">Where the entry comes from</h2>
      <Table aria-label="Entries of this name" variant="compact">
        <ColumnHeads labels={["Source", "Location", "Standing", "Changed"]} />
        <Tbody>
          {entries.map((entry) => (
            <Tr key={`${entry.source} ${entry.location}`}>
              <Td dataLabel="Source">{sourceWords(entry.source)}</Td>
              <Td dataLabel="Location">
                <code>{entry.location}</code>
              </Td>
              <Td dataLabel="Standing">
                {entry.refused ? "rejected" : entry.shadowed ? "shadowed by the first" : "served"}
                {entry.problems.length > 0 && <EntryProblems problems={entry.problems} />}
              </Td>
              <Td dataLabel="Changed">{entry.updateTime === undefined ? "" : ago(entry.updateTime)}</Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </>
  );
}
