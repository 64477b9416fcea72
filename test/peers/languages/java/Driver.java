import client.Channels;
import client.Failure;
import client.Mirror;
import client.Rows;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import com.google.protobuf.util.JsonFormat;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.kserve.models.disk_failure_predictor.v1.DiskFailurePredictorGrpc;
import io.kserve.models.disk_failure_predictor.v1.Instance;
import io.kserve.models.disk_failure_predictor.v1.Prediction;
import io.kserve.registry.v1.GetModelRequest;
import io.kserve.registry.v1.ListModelsRequest;
import io.kserve.registry.v1.Model;
import io.kserve.registry.v1.ModelRegistryGrpc;
import io.kserve.registry.v1.PredictRequest;
import io.kserve.registry.v1.PredictResponse;
import io.kserve.registry.v1.Tensor;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Calls the service for clients.test.ts; see the README beside this folder. */
public final class Driver {
  private static final Gson GSON = new GsonBuilder().serializeNulls().create();
  private static volatile List<String> mirrored;

  public static void main(String[] args) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Object answer;
      try {
        answer = answer(GSON.fromJson(line, JsonObject.class));
      } catch (StatusRuntimeException error) {
        answer = Map.of("error", failed(Failure.of(error)));
      }
      System.out.println(GSON.toJson(answer));
    }
    System.exit(0);
  }

  private static Map<String, ?> answer(JsonObject command) throws Exception {
    String op = command.get("op").getAsString();
    if (op.equals("mirror")) {
      Map<String, Object> answer = new HashMap<>();
      answer.put("models", mirrored);
      return answer;
    }
    ManagedChannel channel = open(command, op);
    if (op.equals("follow")) {
      Thread thread = new Thread(() -> follow(channel));
      thread.setDaemon(true);
      thread.start();
      return Map.of();
    }
    try {
      return call(channel, command, op);
    } finally {
      channel.shutdownNow();
    }
  }

  private static ManagedChannel open(JsonObject command, String op) throws Exception {
    JsonObject config = GSON.fromJson(Channels.SERVICE_CONFIG, JsonObject.class);
    if (intOf(command, "attempts", 1) == 1) config.remove("methodConfig");
    config.remove("healthCheckConfig");
    if (op.equals("serving")) {
      JsonObject health = new JsonObject();
      health.addProperty("serviceName", command.get("service").getAsString());
      config.add("healthCheckConfig", health);
    }
    int limit = intOf(command, "maxReceivedBytes", Channels.MAX_RECEIVED_BYTES);
    File authorities = command.has("authorities") ? new File(command.get("authorities").getAsString()) : null;
    return Channels.open(
        command.get("address").getAsString(), authorities, config.toString(), limit == 0 ? 4 * 1024 * 1024 : limit);
  }

  private static Map<String, ?> call(ManagedChannel channel, JsonObject command, String op) throws Exception {
    int deadlineMs = intOf(command, "deadlineMs", 20_000);
    var registry =
        ModelRegistryGrpc.newBlockingStub(channel).withDeadlineAfter(deadlineMs, TimeUnit.MILLISECONDS);
    switch (op) {
      case "list":
        return Map.of("models", namesOf(registry.listModels(ListModelsRequest.getDefaultInstance()).getModelsList()));
      case "serving":
        var waiting = registry.withWaitForReady();
        return Map.of("models", namesOf(waiting.listModels(ListModelsRequest.getDefaultInstance()).getModelsList()));
      case "get":
        var got = registry.getModel(GetModelRequest.newBuilder().setName(command.get("name").getAsString()).build());
        return Map.of("name", got.getModel().getName(), "url", got.getAddress().getUrl());
      case "typed":
        var request = io.kserve.models.disk_failure_predictor.v1.PredictRequest.newBuilder();
        for (var row : command.getAsJsonArray("rows")) {
          Instance.Builder instance = Instance.newBuilder();
          JsonFormat.parser().merge(row.toString(), instance);
          request.addInstances(instance);
        }
        var typed =
            DiskFailurePredictorGrpc.newBlockingStub(channel).withDeadlineAfter(deadlineMs, TimeUnit.MILLISECONDS);
        List<Double> values = new ArrayList<>();
        for (Prediction prediction : typed.predict(request.build()).getPredictionsList()) {
          values.add(prediction.getFailureProbability());
        }
        return Map.of("values", values);
      case "echo":
        String body = "{\"instances\":[\"" + "x".repeat(command.get("bytes").getAsInt()) + "\"]}";
        var echo =
            PredictRequest.newBuilder()
                .setName(command.get("name").getAsString())
                .setBody(ByteString.copyFromUtf8(body))
                .build();
        return Map.of("bytes", registry.predict(echo).getBody().size());
      default:
        PredictRequest predict = predictRequest(command);
        if (!command.has("cancelMs")) return predicted(registry.predict(predict));
        var timers = Executors.newSingleThreadScheduledExecutor();
        try (Context.CancellableContext context = Context.current().withCancellation()) {
          timers.schedule(() -> context.cancel(null), command.get("cancelMs").getAsInt(), TimeUnit.MILLISECONDS);
          return context.call(() -> predicted(registry.predict(predict)));
        } finally {
          timers.shutdown();
        }
    }
  }

  private static void follow(ManagedChannel channel) {
    try {
      new Mirror(channel).follow(models -> mirrored = List.copyOf(models.keySet()));
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  private static PredictRequest predictRequest(JsonObject command) {
    PredictRequest.Builder request = PredictRequest.newBuilder().setName(command.get("name").getAsString());
    String rows = command.get("rows").toString();
    switch (command.get("form").getAsString()) {
      case "tensor":
        double[][] numbers = GSON.fromJson(rows, double[][].class);
        Tensor.Builder tensor = Tensor.newBuilder().addShape(numbers.length).addShape(numbers[0].length);
        for (double[] row : numbers) for (double cell : row) tensor.addValues(cell);
        return request.setTensor(tensor).build();
      case "body":
        return request.setBody(ByteString.copyFromUtf8("{\"instances\":" + rows + "}")).build();
      default:
        return request.setInstances(Rows.of(GSON.fromJson(rows, List.class))).build();
    }
  }

  private static Map<String, ?> predicted(PredictResponse response) throws Exception {
    switch (response.getOutputCase()) {
      case TENSOR:
        Tensor tensor = response.getTensor();
        return Map.of("tensor", Map.of("shape", tensor.getShapeList(), "values", tensor.getValuesList()));
      case BODY:
        return Map.of("body", response.getBody().toStringUtf8());
      default:
        String json = JsonFormat.printer().print(response.getPredictions());
        return Map.of("predictions", GSON.fromJson(json, Object.class));
    }
  }

  private static List<String> namesOf(List<Model> models) {
    return models.stream().map(Model::getName).toList();
  }

  private static Map<String, Object> failed(Failure failure) {
    Map<String, Object> answer = new HashMap<>();
    answer.put("code", failure.code().name());
    answer.put("message", failure.message());
    answer.put("reason", failure.reason());
    answer.put(
        "violations",
        failure.violations().stream()
            .map(one -> Map.of("field", one.getField(), "description", one.getDescription()))
            .toList());
    answer.put(
        "retryDelayMs",
        failure.retryDelay() == null
            ? null
            : failure.retryDelay().getSeconds() * 1000 + failure.retryDelay().getNanos() / 1_000_000);
    return answer;
  }

  private static int intOf(JsonObject command, String name, int otherwise) {
    return command.has(name) ? command.get(name).getAsInt() : otherwise;
  }
}
