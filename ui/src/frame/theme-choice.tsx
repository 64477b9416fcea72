import { ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import DesktopIcon from "@patternfly/react-icons/dist/esm/icons/desktop-icon";
import MoonIcon from "@patternfly/react-icons/dist/esm/icons/moon-icon";
import SunIcon from "@patternfly/react-icons/dist/esm/icons/sun-icon";
import { setTheme, type Theme, themes, useTheme } from "./theme.ts";

const looks: Readonly<Record<Theme, readonly [label: string, icon: React.ReactNode]>> = {
  system: ["Theme of the system", <DesktopIcon key="system" />],
  light: ["Light theme", <SunIcon key="light" />],
  dark: ["Dark theme", <MoonIcon key="dark" />],
};

/** Light, dark, or as the system has it. */
export function ThemeChoice() {
  const theme = useTheme();
  return (
    <ToggleGroup aria-label="Theme" isCompact>
      {themes.map((one) => (
        <ToggleGroupItem
          key={one}
          icon={looks[one][1]}
          aria-label={looks[one][0]}
          buttonId={`theme-${one}`}
          isSelected={theme === one}
          onChange={() => setTheme(one)}
        />
      ))}
    </ToggleGroup>
  );
}
