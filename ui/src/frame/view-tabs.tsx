import { Tab, TabContent, Tabs, TabTitleText } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";

/** One tab of a view. */
export interface ViewTab {
  readonly key: string;
  readonly label: string;
  readonly content: ReactNode;
  /** Whether it stays while another tab is open, with what was typed. Default: false; what asks the server waits until it is looked at. */
  readonly stays?: boolean;
}

/** The parts of a view, one of which is looked at. The first is open to begin with. */
export function ViewTabs({ label, tabs }: { label: string; tabs: readonly ViewTab[] }) {
  const [open, setOpen] = useState(tabs[0]!.key);
  return (
    <>
      <Tabs activeKey={open} onSelect={(_, key) => setOpen(String(key))} aria-label={label}>
        {tabs.map((tab) => (
          <Tab
            key={tab.key}
            eventKey={tab.key}
            title={<TabTitleText>{tab.label}</TabTitleText>}
            tabContentId={`tab-${tab.key}`}
          />
        ))}
      </Tabs>
      {tabs.map((tab) => (
        <TabContent
          key={tab.key}
          id={`tab-${tab.key}`}
          eventKey={tab.key}
          activeKey={open}
          hidden={tab.key !== open}
          aria-label={tab.label}
          className="kmr-tab"
        >
          {(tab.key === open || tab.stays) && tab.content}
        </TabContent>
      ))}
    </>
  );
}
