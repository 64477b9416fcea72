// Calls the service for clients.test.ts; see the README beside this folder.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"

	"example.com/client/client"
	registryv1 "example.com/client/gen/kserve/registry/v1"

	diskv1 "example.com/driver/gen/models/disk_failure_predictor/v1"
)

type command struct {
	Op               string
	Address          string
	Authorities      string
	Attempts         int
	DeadlineMs       int
	MaxReceivedBytes *int
	CancelMs         int
	Name             string
	Form             string
	Service          string
	Bytes            int
	Rows             json.RawMessage
}

var (
	mirrored     []string
	mirroredLock sync.Mutex
)

func main() {
	lines := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var one command
		if err := json.Unmarshal(line, &one); err != nil {
			panic(err)
		}
		answered, err := answer(one)
		if err != nil {
			answered = map[string]any{"error": failed(err)}
		}
		if err := answers.Encode(answered); err != nil {
			panic(err)
		}
	}
}

func open(c command) (*grpc.ClientConn, error) {
	var config map[string]any
	if err := json.Unmarshal([]byte(client.ServiceConfig), &config); err != nil {
		return nil, err
	}
	if c.Attempts <= 1 {
		delete(config, "methodConfig")
	}
	if c.Op == "serving" {
		config["healthCheckConfig"] = map[string]any{"serviceName": c.Service}
	} else {
		delete(config, "healthCheckConfig")
	}
	text, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	options := []grpc.DialOption{grpc.WithDefaultServiceConfig(string(text))}
	if c.MaxReceivedBytes != nil {
		limit := *c.MaxReceivedBytes
		if limit == 0 {
			limit = 4 << 20
		}
		options = append(options, grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(limit)))
	}
	var authorities []byte
	if c.Authorities != "" {
		if authorities, err = os.ReadFile(c.Authorities); err != nil {
			return nil, err
		}
	}
	return client.Open(c.Address, authorities, options...)
}

func answer(c command) (map[string]any, error) {
	switch c.Op {
	case "follow":
		conn, err := open(c)
		if err != nil {
			return nil, err
		}
		go new(client.Mirror).Follow(context.Background(), conn, func(models map[string]*registryv1.Model) {
			mirroredLock.Lock()
			defer mirroredLock.Unlock()
			mirrored = slices.Sorted(maps.Keys(models))
		})
		return map[string]any{}, nil
	case "mirror":
		mirroredLock.Lock()
		defer mirroredLock.Unlock()
		return map[string]any{"models": mirrored}, nil
	}
	conn, err := open(c)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if c.DeadlineMs == 0 {
		c.DeadlineMs = 20_000
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(c.DeadlineMs)*time.Millisecond)
	defer cancel()
	registry := registryv1.NewModelRegistryClient(conn)
	switch c.Op {
	case "list", "serving":
		page, err := registry.ListModels(ctx, &registryv1.ListModelsRequest{}, grpc.WaitForReady(c.Op == "serving"))
		if err != nil {
			return nil, err
		}
		names := []string{}
		for _, model := range page.GetModels() {
			names = append(names, model.GetName())
		}
		return map[string]any{"models": names}, nil
	case "get":
		got, err := registry.GetModel(ctx, &registryv1.GetModelRequest{Name: c.Name})
		if err != nil {
			return nil, err
		}
		return map[string]any{"name": got.GetModel().GetName(), "url": got.GetAddress().GetUrl()}, nil
	case "typed":
		request := new(diskv1.PredictRequest)
		if err := json.Unmarshal(c.Rows, &request.Instances); err != nil {
			return nil, err
		}
		answered, err := diskv1.NewDiskFailurePredictorClient(conn).Predict(ctx, request)
		if err != nil {
			return nil, err
		}
		values := []float64{}
		for _, prediction := range answered.GetPredictions() {
			values = append(values, prediction.GetFailureProbability())
		}
		return map[string]any{"values": values}, nil
	case "echo":
		body := []byte(`{"instances":["` + strings.Repeat("x", c.Bytes) + `"]}`)
		answered, err := registry.Predict(ctx, &registryv1.PredictRequest{
			Name: c.Name, Input: &registryv1.PredictRequest_Body{Body: body},
		})
		if err != nil {
			return nil, err
		}
		return map[string]any{"bytes": len(answered.GetBody())}, nil
	default:
		request, err := predictRequest(c)
		if err != nil {
			return nil, err
		}
		if c.CancelMs > 0 {
			time.AfterFunc(time.Duration(c.CancelMs)*time.Millisecond, cancel)
		}
		answered, err := registry.Predict(ctx, request)
		if err != nil {
			return nil, err
		}
		return predicted(answered), nil
	}
}

func predictRequest(c command) (*registryv1.PredictRequest, error) {
	request := &registryv1.PredictRequest{Name: c.Name}
	switch c.Form {
	case "tensor":
		var rows [][]float64
		if err := json.Unmarshal(c.Rows, &rows); err != nil {
			return nil, err
		}
		request.Input = &registryv1.PredictRequest_Tensor{Tensor: &registryv1.Tensor{
			Shape: []uint32{uint32(len(rows)), uint32(len(rows[0]))}, Values: slices.Concat(rows...),
		}}
	case "body":
		request.Input = &registryv1.PredictRequest_Body{Body: []byte(`{"instances":` + string(c.Rows) + `}`)}
	default:
		var rows []any
		if err := json.Unmarshal(c.Rows, &rows); err != nil {
			return nil, err
		}
		instances, err := structpb.NewList(rows)
		if err != nil {
			return nil, err
		}
		request.Input = &registryv1.PredictRequest_Instances{Instances: instances}
	}
	return request, nil
}

func predicted(answered *registryv1.PredictResponse) map[string]any {
	switch output := answered.GetOutput().(type) {
	case *registryv1.PredictResponse_Tensor:
		tensor := map[string]any{"shape": output.Tensor.GetShape(), "values": output.Tensor.GetValues()}
		return map[string]any{"tensor": tensor}
	case *registryv1.PredictResponse_Body:
		return map[string]any{"body": string(output.Body)}
	default:
		return map[string]any{"predictions": answered.GetPredictions().AsInterface()}
	}
}

// codeNames are those of the gRPC specification, which Go writes in its own way.
var codeNames = []string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
	"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

func failed(err error) map[string]any {
	failure := client.FailureOf(err)
	violations := []map[string]string{}
	for _, one := range failure.Violations {
		violations = append(violations, map[string]string{"field": one.GetField(), "description": one.GetDescription()})
	}
	answered := map[string]any{
		"code": codeNames[failure.Code], "message": failure.Message, "reason": failure.Reason, "violations": violations,
		"retryDelayMs": nil,
	}
	if failure.RetryDelay > 0 {
		answered["retryDelayMs"] = failure.RetryDelay.Milliseconds()
	}
	return answered
}
