package client;

import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.kserve.registry.v1.Model;
import io.kserve.registry.v1.ModelRegistryGrpc;
import io.kserve.registry.v1.WatchModelsRequest;
import io.kserve.registry.v1.WatchModelsResponse;
import java.util.Iterator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/** The registered models by name, kept up to date by a watch. */
public final class Mirror {
  private static final long FIRST_DELAY_MS = 100;
  private static final long MAX_DELAY_MS = 10_000;

  private final ManagedChannel channel;
  private final SortedMap<String, Model> models = new TreeMap<>();
  private String resumeToken = "";
  private boolean synced;
  private long delayMs = FIRST_DELAY_MS;

  public Mirror(ManagedChannel channel) {
    this.channel = channel;
  }

  /**
   * Follows the models until the thread is interrupted. What is known stays while the service is away; afterwards the
   * watch goes on where it was, by its token.
   *
   * @param onChange gets all models, first when all are known, then after each change
   * @throws StatusRuntimeException when the service refuses the watch for good
   */
  public void follow(Consumer<Map<String, Model>> onChange) throws InterruptedException {
    while (!Thread.currentThread().isInterrupted()) {
      synced = false;
      // Without a token all current models are sent, but not which are gone.
      if (resumeToken.isEmpty()) models.clear();
      try {
        // No deadline: a watch lasts. A restart of the service ends it with UNAVAILABLE.
        Iterator<WatchModelsResponse> events =
            ModelRegistryGrpc.newBlockingStub(channel)
                .watchModels(WatchModelsRequest.newBuilder().setResumeToken(resumeToken).build());
        while (events.hasNext()) {
          apply(events.next());
          if (synced) onChange.accept(models);
        }
      } catch (StatusRuntimeException error) {
        if (error.getStatus().getCode() != Code.UNAVAILABLE) throw error;
      }
      // Half of it by chance, so that not all clients come back at once.
      Thread.sleep(delayMs / 2 + ThreadLocalRandom.current().nextLong(delayMs / 2 + 1));
      delayMs = Math.min(2 * delayMs, MAX_DELAY_MS);
    }
  }

  private void apply(WatchModelsResponse event) {
    delayMs = FIRST_DELAY_MS;
    if (!event.getResumeToken().isEmpty()) resumeToken = event.getResumeToken();
    switch (event.getEvent()) {
      case WATCH_EVENT_ADDED, WATCH_EVENT_CHANGED -> models.put(event.getModel().getName(), event.getModel());
      case WATCH_EVENT_REMOVED -> models.remove(event.getModel().getName());
      case WATCH_EVENT_RESET -> {
        models.clear();
        synced = false;
      }
      case WATCH_EVENT_SYNCED -> synced = true;
      default -> {} // An event of a newer service.
    }
  }
}
