import { useSyncExternalStore } from "react";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const key = "kserve-model-registry.theme";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
let theme = readTheme();

function readTheme(): Theme {
  try {
    return themes.find((one) => one === localStorage.getItem(key)) ?? "system";
  } catch {
    // Storage can be turned off.
    return "system";
  }
}

function apply(): void {
  const dark = theme === "dark" || (theme === "system" && prefersDark.matches);
  document.documentElement.classList.toggle("pf-v6-theme-dark", dark);
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
}

/** Shows the theme that was chosen last, and follows the system where that is the choice. */
export function startTheme(): void {
  prefersDark.addEventListener("change", apply);
  apply();
}

export function setTheme(value: Theme): void {
  theme = value;
  try {
    localStorage.setItem(key, value);
  } catch {
    // It then lasts as long as the page.
  }
  apply();
  for (const listener of listeners) listener();
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => theme,
  );
}
