import { Label } from "@patternfly/react-core";
import { Link } from "@tanstack/react-router";
import { type VersionLink, VersionLinkState } from "../../../gen/kserve/registry/v1/model_pb.ts";
import { linkWords } from "../words/enum-words.ts";

/**
 * The registered version that a model is, or why that is not known. `isWhole`: with all that is known of the link. Where the
 * registered model is called like the model, its version says enough.
 */
export function ServedVersion({ name, link, isWhole = false }: { name: string; link: VersionLink; isWhole?: boolean }) {
  const { reference, state, problem, registeredModel, version, aliases, differences } = link;
  return (
    <>
      {version === "" ? (
        <span>{reference}</span>
      ) : (
        <Link to="/registered/$name/versions/$version" params={{ name: registeredModel, version }}>
          {registeredModel === name && !isWhole ? version : `${registeredModel} ${version}`}
        </Link>
      )}{" "}
      {state !== VersionLinkState.LINKED && (
        <Label isCompact variant="outline" status={state === VersionLinkState.UNKNOWN ? "info" : "warning"}>
          {linkWords(state)}
        </Label>
      )}
      {differences.length > 0 && !isWhole && (
        <Label isCompact variant="outline" status="warning">
          differs
        </Label>
      )}
      {isWhole && (
        <>
          {aliases.length > 0 && <span className="kmr-quiet">also {aliases.join(", ")}</span>}
          {problem !== "" && <div className="kmr-words">{problem}</div>}
          {differences.length > 0 && (
            <ul className="kmr-problems">
              {differences.map((difference) => (
                <li key={difference}>{difference}</li>
              ))}
            </ul>
          )}
        </>
      )}
    </>
  );
}
