import { Content, PageSection, Title } from "@patternfly/react-core";
import { type ReactNode, useEffect } from "react";

/** The head of a view, and the title of the tab. */
export function ViewHead({
  title,
  tab,
  children,
  actions,
  above,
}: {
  title: ReactNode;
  tab: string;
  children?: ReactNode;
  actions?: ReactNode;
  above?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${tab} · Model Registry`;
  }, [tab]);
  return (
    <PageSection hasBodyWrapper={false} className="kmr-head">
      {above}
      <div className="kmr-head-line">
        <Title headingLevel="h1">{title}</Title>
        {actions !== undefined && <div className="kmr-head-actions">{actions}</div>}
      </div>
      {children !== undefined && <Content>{children}</Content>}
    </PageSection>
  );
}
