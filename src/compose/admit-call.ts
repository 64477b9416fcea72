import type { TLSSocket } from "node:tls";
import type { Guard } from "../access/guard.ts";
import { toCallError } from "../api/error.ts";
import { hasLeft } from "../api/http.ts";
import { refuseCall } from "../api/refuse-call.ts";
import { modelOfTypedPath } from "../api/typed/typed-services.ts";
import { anonymous, permittedModel } from "../registry/access.ts";
import type { Registry } from "../registry/registry.ts";
import type { ReceivedCall } from "./dispatcher.ts";

/** Finds out what the caller may do. Answers a call that is refused; false then, and when the caller has left. */
export async function admitCall(guard: Guard, registry: Registry, received: ReceivedCall): Promise<boolean> {
  const { request, response, call, path, destination } = received;
  try {
    const { headers } = request;
    const peer = request.socket as TLSSocket;
    call.access = await guard.admit({ path, authorization: headers.authorization, peer, headers });
    // It is the proxy's token: models and the API server must not take it for the user's.
    if (call.access.byProxy === true) delete headers.authorization;
    call.isAnonymous = call.access === anonymous;
    // Whether a typed service exists would tell whether its model does.
    const typedModel = modelOfTypedPath(path);
    if (typedModel !== undefined) await permittedModel(registry, typedModel, call.access);
    return !hasLeft(response);
  } catch (error) {
    if (!hasLeft(response)) {
      const { challenge } = guard;
      refuseCall(request, response, call, { error: toCallError(error), isRpc: destination.isRpc, challenge });
    }
    return false;
  }
}
