"""The registered models by name, kept up to date by a watch."""

import random
import time

import grpc
from kserve.registry.v1 import model_registry_pb2, model_registry_pb2_grpc

FIRST_DELAY_S = 0.1
MAX_DELAY_S = 10


def follow(channel, on_change):
    """Follows the models. What is known stays while the service is away; afterwards the watch goes on where it was, by
    its token. `on_change` gets all models by name, first when all are known, then after each change. Raises
    grpc.RpcError when the service refuses the watch for good."""
    registry = model_registry_pb2_grpc.ModelRegistryStub(channel)
    models, resume_token, delay = {}, "", FIRST_DELAY_S
    while True:
        synced = False
        if not resume_token:
            # Without a token all current models are sent, but not which are gone.
            models.clear()
        try:
            # No timeout: a watch lasts. A restart of the service ends it with UNAVAILABLE.
            for event in registry.WatchModels(model_registry_pb2.WatchModelsRequest(resume_token=resume_token)):
                delay = FIRST_DELAY_S
                resume_token = event.resume_token or resume_token
                match event.event:
                    case model_registry_pb2.WATCH_EVENT_ADDED | model_registry_pb2.WATCH_EVENT_CHANGED:
                        models[event.model.name] = event.model
                    case model_registry_pb2.WATCH_EVENT_REMOVED:
                        models.pop(event.model.name, None)
                    case model_registry_pb2.WATCH_EVENT_RESET:
                        models.clear()
                        synced = False
                    case model_registry_pb2.WATCH_EVENT_SYNCED:
                        synced = True
                if synced:
                    on_change(models)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE:
                raise
        # Half of it by chance, so that not all clients come back at once.
        time.sleep(delay * random.uniform(0.5, 1))
        delay = min(2 * delay, MAX_DELAY_S)
