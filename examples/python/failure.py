"""An error of the service with its details."""

from dataclasses import dataclass, field

from google.rpc import error_details_pb2
from grpc_status import rpc_status


@dataclass
class Failure:
    # For programs.
    code: str
    # For people.
    message: str
    # A reason of `ErrorReason`, without its prefix; empty where the error is not one of the service.
    reason: str = ""
    # What is wrong with the request, by field: `instances[3].iops`.
    violations: list = field(default_factory=list)
    # How long to wait before the next try; None where there is no point in one.
    retry_delay_ms: int | None = None

    def __str__(self):
        cells = "".join(f"\n  {one.field}: {one.description}" for one in self.violations)
        return f"{self.code}: {self.message} ({self.reason or 'no reason'}){cells}"


def failure_of(error):
    """Takes a grpc.RpcError apart."""
    failure = Failure(error.code().name, error.details() or "")
    status = rpc_status.from_call(error)
    for detail in status.details if status else []:
        info, request, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            failure.reason = info.reason
        elif detail.Unpack(request):
            failure.violations.extend(request.field_violations)
        elif detail.Unpack(retry):
            failure.retry_delay_ms = retry.retry_delay.ToMilliseconds()
    return failure
