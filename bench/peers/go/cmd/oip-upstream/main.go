// Command oip-upstream is a model server of the Open Inference Protocol over REST and gRPC. Models are named after their
// rows, whatever stands before: g-rows-100 answers with 100 numbers, made before the first call.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"log"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"

	"bench/gen/inference"
	"bench/internal/serve"
)

var answered atomic.Int64

type model struct {
	json    []byte
	message *inference.ModelInferResponse
}

func newModel(rows int) model {
	values := make([]float64, rows)
	raw := make([]byte, 8*rows)
	for i := range values {
		values[i] = math.Round(math.Sin(float64(i))*10000) / 10000
		binary.LittleEndian.PutUint64(raw[8*i:], math.Float64bits(values[i]))
	}
	text, err := json.Marshal(map[string]any{
		"model_name": "model",
		"outputs":    []any{map[string]any{"name": "output-0", "datatype": "FP64", "shape": []int{rows}, "data": values}},
	})
	if err != nil {
		log.Fatal(err)
	}
	output := &inference.ModelInferResponse_InferOutputTensor{Name: "output-0", Datatype: "FP64", Shape: []int64{int64(rows)}}
	return model{json: text, message: &inference.ModelInferResponse{
		ModelName:         "model",
		Outputs:           []*inference.ModelInferResponse_InferOutputTensor{output},
		RawOutputContents: [][]byte{raw},
	}}
}

type server struct {
	inference.UnimplementedGRPCInferenceServiceServer
	models map[string]model
}

// The model of a name: "rows-100" of "g-rows-100".
func (s *server) model(name string) (model, bool) {
	found, known := s.models[name[max(0, strings.Index(name, "rows-")):]]
	return found, known
}

func (s *server) ModelInfer(_ context.Context, request *inference.ModelInferRequest) (*inference.ModelInferResponse, error) {
	found, _ := s.model(request.GetModelName())
	answered.Add(1)
	return found.message, nil
}

func (s *server) ModelReady(context.Context, *inference.ModelReadyRequest) (*inference.ModelReadyResponse, error) {
	return &inference.ModelReadyResponse{Ready: true}, nil
}

func (s *server) ServerMetadata(context.Context, *inference.ServerMetadataRequest) (*inference.ServerMetadataResponse, error) {
	return &inference.ServerMetadataResponse{Name: "kserve", Version: "0.21.0"}, nil
}

func (s *server) ModelMetadata(_ context.Context, request *inference.ModelMetadataRequest) (*inference.ModelMetadataResponse, error) {
	return &inference.ModelMetadataResponse{Name: request.GetName()}, nil
}

func (s *server) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	writer.Header().Set("Content-Type", "application/json")
	name, isInference := strings.CutSuffix(strings.TrimPrefix(request.URL.Path, "/v2/models/"), "/infer")
	found, known := s.model(name)
	switch {
	case request.URL.Path == "/count":
		_, _ = io.WriteString(writer, strconv.FormatInt(answered.Load(), 10))
	case request.URL.Path == "/v2":
		_, _ = io.WriteString(writer, `{"name":"kserve","version":"0.21.0","extensions":[]}`)
	case !isInference:
		_, _ = io.WriteString(writer, `{"name":"model","ready":true,"inputs":[],"outputs":[]}`)
	case !known:
		http.NotFound(writer, request)
	default:
		_, _ = io.Copy(io.Discard, request.Body)
		answered.Add(1)
		writer.Header().Set("Content-Length", strconv.Itoa(len(found.json)))
		_, _ = writer.Write(found.json)
	}
}

func main() {
	rest, overGrpc := serve.ListenBoth()
	models := make(map[string]model)
	for _, rows := range []int{1, 100, 1000, 10000} {
		models["rows-"+strconv.Itoa(rows)] = newModel(rows)
	}
	served := &server{models: models}
	grpcServer := serve.NewGrpcServer()
	inference.RegisterGRPCInferenceServiceServer(grpcServer, served)
	go func() { log.Fatal(http.Serve(rest, served)) }()
	log.Fatal(grpcServer.Serve(overGrpc))
}
