/**
 * The only class of the Kubernetes client that is used. Imported by name, in a file that is imported on demand, so that
 * the bundle contains a sixth of the library, and a start without Kubernetes loads none of it.
 */
export { KubeConfig } from "@kubernetes/client-node";
