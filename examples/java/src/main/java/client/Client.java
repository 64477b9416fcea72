package client;

import com.google.protobuf.util.JsonFormat;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.kserve.registry.v1.GetModelRequest;
import io.kserve.registry.v1.ListModelsRequest;
import io.kserve.registry.v1.Model;
import io.kserve.registry.v1.ModelRegistryGrpc;
import io.kserve.registry.v1.PredictRequest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A client in Java: lists the models, gets one, asks for predictions, and shows what is wrong with a wrong row.
 *
 * <pre>
 * cd examples/java
 * mvn -q package
 * java -jar target/client.jar [ADDRESS]         calls
 * java -jar target/client.jar watch [ADDRESS]   keeps a mirror of the models
 * </pre>
 *
 * ADDRESS is that of a running service, 127.0.0.1:8080 by default: {@code npm run demo} starts one.
 */
public final class Client {
  public static void main(String[] args) throws Exception {
    boolean watches = args.length > 0 && args[0].equals("watch");
    int at = watches ? 1 : 0;
    ManagedChannel channel = Channels.open(args.length > at ? args[at] : "127.0.0.1:8080", null);
    try {
      if (watches) new Mirror(channel).follow(models -> System.out.println("models: " + String.join(", ", models.keySet())));
      else call(channel);
    } catch (StatusRuntimeException error) {
      System.err.println(Failure.of(error));
      System.exit(1);
    } finally {
      channel.shutdownNow();
    }
  }

  private static void call(ManagedChannel channel) throws Exception {
    ModelRegistryGrpc.ModelRegistryBlockingStub stub = ModelRegistryGrpc.newBlockingStub(channel);

    // List: every registered model, page by page. Each call has a deadline of its own: a stub's would start now.
    String pageToken = "";
    do {
      var page = withDeadline(stub).listModels(ListModelsRequest.newBuilder().setPageToken(pageToken).build());
      for (Model model : page.getModelsList()) {
        System.out.printf(
            "%s in %s: %s, %s%n", model.getName(), model.getNamespace(), model.getType(), model.getState());
      }
      pageToken = page.getNextPageToken();
    } while (!pageToken.isEmpty());

    // Get: one model, with where its predictions go.
    var got = withDeadline(stub).getModel(GetModelRequest.newBuilder().setName("anomaly-detector").build());
    System.out.printf(
        "%s is called at %s%s%n",
        got.getModel().getName(), got.getAddress().getUrl(), got.getAddress().getPredictPath());

    // Predict: rows of three features. Instances are JSON; a Tensor and a body are the other forms.
    PredictRequest rows =
        PredictRequest.newBuilder()
            .setName("anomaly-detector")
            .setInstances(Rows.of(List.of(List.of(0.5, 1.2, 0.8))))
            .build();
    var answer = withDeadline(stub).predict(rows);
    System.out.println(
        "predictions: " + JsonFormat.printer().omittingInsignificantWhitespace().print(answer.getPredictions()));

    // An error has a code for programs, a message for people, a reason that does not change with its wording, and for a
    // wrong row each cell.
    PredictRequest wrong =
        PredictRequest.newBuilder()
            .setName("disk-failure-predictor")
            .setInstances(Rows.of(List.of(Map.of("disk_utilization", 91.2, "iops", "many"))))
            .build();
    try {
      withDeadline(stub).predict(wrong);
    } catch (StatusRuntimeException error) {
      System.out.println("error: " + Failure.of(error));
    }
  }

  private static ModelRegistryGrpc.ModelRegistryBlockingStub withDeadline(
      ModelRegistryGrpc.ModelRegistryBlockingStub stub) {
    return stub.withDeadlineAfter(10, TimeUnit.SECONDS);
  }
}
