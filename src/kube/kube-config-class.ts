/**
 * The one class of the Kubernetes client that is used. Imported by name, in a file that is imported when it is needed:
 * so the bundle keeps a sixth of the library, and a start without Kubernetes reads none of it.
 */
export { KubeConfig } from "@kubernetes/client-node";
