package client;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.List;

/**
 * An error of the service with its details.
 *
 * @param code for programs
 * @param message for people
 * @param reason of {@code ErrorReason}, without its prefix; empty where the error is not one of the service
 * @param violations what is wrong with the request, by field: {@code instances[3].iops}
 * @param retryDelay how long to wait before the next try; null where there is no point in one
 */
public record Failure(
    Code code, String message, String reason, List<BadRequest.FieldViolation> violations, Duration retryDelay) {

  /** Takes an error apart. */
  public static Failure of(StatusRuntimeException error) {
    String reason = "";
    List<BadRequest.FieldViolation> violations = new ArrayList<>();
    Duration retryDelay = null;
    com.google.rpc.Status status = StatusProto.fromThrowable(error);
    for (Any detail : status == null ? List.<Any>of() : status.getDetailsList()) {
      try {
        if (detail.is(ErrorInfo.class)) reason = detail.unpack(ErrorInfo.class).getReason();
        if (detail.is(BadRequest.class)) violations.addAll(detail.unpack(BadRequest.class).getFieldViolationsList());
        if (detail.is(RetryInfo.class)) retryDelay = detail.unpack(RetryInfo.class).getRetryDelay();
      } catch (InvalidProtocolBufferException malformed) {
        // The other details are still worth showing.
      }
    }
    String message = error.getStatus().getDescription();
    return new Failure(error.getStatus().getCode(), message == null ? "" : message, reason, violations, retryDelay);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(code + ": " + message + " (" + (reason.isEmpty() ? "no reason" : reason) + ")");
    for (BadRequest.FieldViolation violation : violations) {
      text.append("\n  ").append(violation.getField()).append(": ").append(violation.getDescription());
    }
    return text.toString();
  }
}
