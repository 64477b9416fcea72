import { Nav, NavItem, NavList } from "@patternfly/react-core";
import { useQuery } from "@tanstack/react-query";
import { pagePath } from "../base-path.ts";

/** A registry that a person can go to. */
interface RegistryChoice {
  readonly name: string;
  /** Where its page is, relative to the folder of this one. */
  readonly href: string;
  readonly isCurrent: boolean;
}

/**
 * The registries that this page stands before; nothing where there is only one. Each is a page of its own: what is typed and
 * pasted here, a token too, is not taken along.
 */
export function Registries() {
  const { data = [] } = useQuery({
    queryKey: ["registries"],
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async ({ signal }) => {
      const response = await fetch(`${pagePath}registries.json`, { signal });
      return ((await response.json()) as { registries: readonly RegistryChoice[] }).registries;
    },
  });
  if (data.length < 2) return null;
  return (
    <Nav aria-label="Registries">
      <h2 className="kmr-nav-title">Registries</h2>
      <NavList>
        {data.map(({ name, href, isCurrent }) => (
          <NavItem key={name} isActive={isCurrent}>
            <a href={`${pagePath}${href}`} aria-current={isCurrent ? "true" : undefined}>
              {name}
            </a>
          </NavItem>
        ))}
      </NavList>
    </Nav>
  );
}
