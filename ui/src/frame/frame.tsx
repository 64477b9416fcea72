import {
  Banner,
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadLogo,
  MastheadMain,
  MastheadToggle,
  Nav,
  NavItem,
  NavList,
  Page,
  PageSidebar,
  PageSidebarBody,
  PageToggleButton,
  SkipToContent,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from "@patternfly/react-core";
import BarsIcon from "@patternfly/react-icons/dist/esm/icons/bars-icon";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { iconUrl } from "../base-path.ts";
import { useCatalogOn } from "../catalog/catalog-on.ts";
import { useHasModels, useLiveStatus } from "../live/live-models.ts";
import { useDashboardNamespace } from "../session/dashboard.ts";
import { SignIn } from "../session/sign-in.tsx";
import { failureWords } from "../states/failure-words.ts";
import { useVersionsOn } from "../versions/versions-on.ts";
import { Registries } from "./registries.tsx";
import { ThemeChoice } from "./theme-choice.tsx";

interface Place {
  readonly to: string;
  readonly label: string;
  /** Where one is in this place as well. */
  readonly also?: readonly string[];
}

const frontDoor: readonly Place[] = [
  { to: "/models", label: "Models" },
  { to: "/triggers", label: "Triggers" },
];
const versions: readonly Place[] = [{ to: "/registered", label: "Registered models", also: ["/register", "/compare"] }];

const catalog: readonly Place[] = [
  { to: "/catalog", label: "Catalog" },
  { to: "/mcp", label: "MCP servers" },
];

/** What is around every view: where one is, where one can go, who is there, and whether the service answers. */
export function Frame() {
  const { pathname } = useLocation();
  const versionsOn = useVersionsOn();
  const catalogOn = useCatalogOn();
  const status = useLiveStatus();
  const hasModels = useHasModels();
  const namespace = useDashboardNamespace();
  const trouble = status.kind === "broken" ? failureWords(status.error) : undefined;
  const places = [...frontDoor, ...(versionsOn ? versions : []), ...(catalogOn ? catalog : [])];
  return (
    <Page
      mainContainerId="content"
      isManagedSidebar
      skipToContent={<SkipToContent href="#content">Skip to content</SkipToContent>}
      masthead={
        <Masthead>
          <MastheadMain>
            <MastheadToggle>
              <PageToggleButton variant="plain" aria-label="Navigation">
                <BarsIcon />
              </PageToggleButton>
            </MastheadToggle>
            <MastheadBrand>
              <MastheadLogo component={(props) => <Link {...props} to="/models" search={{}} />}>
                <img src={iconUrl} alt="" className="kmr-logo" />
                <span className="kmr-brand">Model Registry</span>
              </MastheadLogo>
            </MastheadBrand>
          </MastheadMain>
          <MastheadContent>
            <Toolbar isStatic>
              <ToolbarContent>
                <ToolbarGroup align={{ default: "alignEnd" }}>
                  <ToolbarItem>
                    <ThemeChoice />
                  </ToolbarItem>
                  <ToolbarItem>
                    <SignIn />
                  </ToolbarItem>
                </ToolbarGroup>
              </ToolbarContent>
            </Toolbar>
          </MastheadContent>
        </Masthead>
      }
      sidebar={
        <PageSidebar>
          <PageSidebarBody>
            <Nav aria-label="Views">
              <NavList>
                {places.map(({ to, label, also = [] }) => {
                  const isActive = [to, ...also].some((one) => pathname === one || pathname.startsWith(`${one}/`));
                  return (
                    <NavItem key={to} isActive={isActive}>
                      <Link
                        to={to}
                        search={to === "/models" && namespace !== "" ? { namespace } : {}}
                        aria-current={isActive ? "page" : undefined}
                      >
                        {label}
                      </Link>
                    </NavItem>
                  );
                })}
              </NavList>
            </Nav>
            <Registries />
          </PageSidebarBody>
        </PageSidebar>
      }
      banner={
        trouble !== undefined && (trouble.isDisconnected || hasModels) ? (
          <Banner color="yellow" role="status">
            {(trouble.isDisconnected ? trouble.title : trouble.message).replace(/\.?$/, ".")} What is shown may be out
            of date; trying again.
          </Banner>
        ) : undefined
      }
    >
      <Outlet />
    </Page>
  );
}
