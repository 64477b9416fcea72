package client;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.io.IOException;
import java.util.Map;

/** Opens channels to the service. */
public final class Channels {
  /** Answers above 4 MiB, the default of gRPC, would be RESOURCE_EXHAUSTED. */
  public static final int MAX_RECEIVED_BYTES = 64 * 1024 * 1024;

  /** Errors name every wrong cell: 8 KiB, the default, is little for that. */
  private static final int MAX_METADATA_BYTES = 32 * 1024;

  /**
   * Calls that fail with UNAVAILABLE are tried up to four times, and only servers that say that they serve are called:
   * the service watches the health of each ({@code grpc-services} has to be there for that).
   */
  public static final String SERVICE_CONFIG =
      """
      {
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": "kserve.registry.v1.ModelRegistry"},
        "methodConfig": [{
          "name": [{"service": "kserve.registry.v1.ModelRegistry"}],
          "retryPolicy": {
            "maxAttempts": 4,
            "initialBackoff": "0.1s",
            "maxBackoff": "2s",
            "backoffMultiplier": 2,
            "retryableStatusCodes": ["UNAVAILABLE"]
          }
        }]
      }
      """;

  /**
   * Opens a channel.
   *
   * @param address {@code host:port}
   * @param authorities a PEM file with the authorities to trust; null for plain text
   */
  public static ManagedChannel open(String address, File authorities) throws IOException {
    return open(address, authorities, SERVICE_CONFIG, MAX_RECEIVED_BYTES);
  }

  /** Opens a channel with another service config and another limit on what is received. */
  public static ManagedChannel open(String address, File authorities, String serviceConfig, int maxReceivedBytes)
      throws IOException {
    ChannelCredentials credentials =
        authorities == null
            ? InsecureChannelCredentials.create()
            : TlsChannelCredentials.newBuilder().trustManager(authorities).build();
    Map<String, ?> config = new Gson().fromJson(serviceConfig, new TypeToken<Map<String, ?>>() {}.getType());
    return Grpc.newChannelBuilder(address, credentials)
        .defaultServiceConfig(config)
        .enableRetry()
        .maxInboundMessageSize(maxReceivedBytes)
        .maxInboundMetadataSize(MAX_METADATA_BYTES)
        .build();
  }

  private Channels() {}
}
