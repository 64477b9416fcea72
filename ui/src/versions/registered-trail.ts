import type { TrailStep } from "../frame/trail.tsx";

/** The way from the list of registered models down to one of them, and to one of its versions. */
export function registeredTrail(name?: string, version?: string): readonly TrailStep[] {
  const list: TrailStep = { label: "Registered models", to: "/registered" };
  if (name === undefined) return [list];
  const model: TrailStep = { label: name, to: "/registered/$name", params: { name } };
  if (version === undefined) return [list, model];
  return [list, model, { label: version, to: "/registered/$name/versions/$version", params: { name, version } }];
}
