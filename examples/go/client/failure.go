package client

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Failure is an error of the service with its details.
type Failure struct {
	// Code is for programs.
	Code codes.Code
	// Message is for people.
	Message string
	// Reason is one of ErrorReason, without its prefix; empty where the error is not one of the service.
	Reason string
	// Violations are what is wrong with the request, by field: `instances[3].iops`.
	Violations []*errdetails.BadRequest_FieldViolation
	// RetryDelay is how long to wait before the next try; 0 where there is no point in one.
	RetryDelay time.Duration
}

// FailureOf takes an error apart.
func FailureOf(err error) Failure {
	from := status.Convert(err)
	failure := Failure{Code: from.Code(), Message: from.Message()}
	for _, detail := range from.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			failure.Reason = detail.GetReason()
		case *errdetails.BadRequest:
			failure.Violations = append(failure.Violations, detail.GetFieldViolations()...)
		case *errdetails.RetryInfo:
			failure.RetryDelay = detail.GetRetryDelay().AsDuration()
		}
	}
	return failure
}

func (f Failure) String() string {
	var text strings.Builder
	reason := f.Reason
	if reason == "" {
		reason = "no reason"
	}
	fmt.Fprintf(&text, "%s: %s (%s)", f.Code, f.Message, reason)
	for _, violation := range f.Violations {
		fmt.Fprintf(&text, "\n  %s: %s", violation.GetField(), violation.GetDescription())
	}
	return text.String()
}
