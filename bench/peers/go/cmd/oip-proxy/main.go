// Command oip-proxy is the peer of the Open Inference Protocol with grpc-go and encoding/json: it passes ModelInfer on with
// generated messages, and translates KServe v1 to ModelInfer (models g-...) or to v2 over REST (models r-...), the way one
// writes it by hand.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"bench/gen/inference"
	"bench/internal/serve"
)

var grpcUpstream = flag.String("grpc-upstream", "", "host and port of the model server over gRPC")

type proxy struct {
	inference.UnimplementedGRPCInferenceServiceServer
	grpc inference.GRPCInferenceServiceClient
	http *http.Client
}

func (p *proxy) ModelInfer(ctx context.Context, request *inference.ModelInferRequest) (*inference.ModelInferResponse, error) {
	return p.grpc.ModelInfer(ctx, request)
}

type tensor struct {
	Name     string    `json:"name"`
	Datatype string    `json:"datatype"`
	Shape    []int     `json:"shape"`
	Data     []float64 `json:"data"`
}

func (p *proxy) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	name, _ := strings.CutSuffix(strings.TrimPrefix(request.URL.Path, "/v1/models/"), ":predict")
	predictions, err := p.predict(request, name)
	if err != nil {
		http.Error(writer, err.Error(), http.StatusBadGateway)
		return
	}
	answer, err := json.Marshal(struct {
		Predictions []float64 `json:"predictions"`
	}{predictions})
	if err != nil {
		http.Error(writer, err.Error(), http.StatusBadGateway)
		return
	}
	writer.Header().Set("Content-Type", "application/json")
	_, _ = writer.Write(answer)
}

func (p *proxy) predict(request *http.Request, name string) ([]float64, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	var asked struct {
		Instances [][]float64 `json:"instances"`
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, err
	}
	if len(asked.Instances) == 0 {
		return nil, errors.New("no instances")
	}
	width := len(asked.Instances[0])
	values := make([]float64, 0, len(asked.Instances)*width)
	for i, row := range asked.Instances {
		if len(row) != width {
			return nil, fmt.Errorf("instances[%d] has %d values", i, len(row))
		}
		values = append(values, row...)
	}
	shape := []int{len(asked.Instances), width}
	var predictions []float64
	if strings.HasPrefix(name, "g-") {
		predictions, err = p.overGrpc(request.Context(), name, shape, values)
	} else {
		predictions, err = p.overRest(request.Context(), name, shape, values)
	}
	if err == nil && len(predictions) != len(asked.Instances) {
		err = errors.New("not one prediction for each instance")
	}
	return predictions, err
}

func (p *proxy) overGrpc(ctx context.Context, name string, shape []int, values []float64) ([]float64, error) {
	raw := make([]byte, 8*len(values))
	for i, value := range values {
		binary.LittleEndian.PutUint64(raw[8*i:], math.Float64bits(value))
	}
	answer, err := p.grpc.ModelInfer(ctx, &inference.ModelInferRequest{
		ModelName: name,
		Inputs: []*inference.ModelInferRequest_InferInputTensor{
			{Name: "input-0", Datatype: "FP64", Shape: []int64{int64(shape[0]), int64(shape[1])}},
		},
		RawInputContents: [][]byte{raw},
	})
	if err != nil {
		return nil, err
	}
	if len(answer.GetRawOutputContents()) != 1 {
		return nil, errors.New("not one raw output")
	}
	block := answer.GetRawOutputContents()[0]
	predictions := make([]float64, len(block)/8)
	for i := range predictions {
		predictions[i] = math.Float64frombits(binary.LittleEndian.Uint64(block[8*i:]))
	}
	return predictions, nil
}

func (p *proxy) overRest(ctx context.Context, name string, shape []int, values []float64) ([]float64, error) {
	body, err := json.Marshal(map[string]any{"inputs": []tensor{{"input-0", "FP64", shape, values}}})
	if err != nil {
		return nil, err
	}
	address := *serve.Upstream + "/v2/models/" + name + "/infer"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := p.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Outputs []tensor `json:"outputs"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	if len(answer.Outputs) != 1 {
		return nil, errors.New("not one output")
	}
	return answer.Outputs[0].Data, nil
}

func main() {
	rest, overGrpc := serve.ListenBoth()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = 1024
	transport.MaxIdleConnsPerHost = 1024
	transport.DisableCompression = true
	transport.Proxy = nil
	connection, err := grpc.NewClient(
		*grpcUpstream,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(16<<20)),
		grpc.WithInitialWindowSize(1<<20),
		grpc.WithInitialConnWindowSize(4<<20),
	)
	if err != nil {
		log.Fatal(err)
	}
	served := &proxy{grpc: inference.NewGRPCInferenceServiceClient(connection), http: &http.Client{Transport: transport}}
	grpcServer := serve.NewGrpcServer()
	inference.RegisterGRPCInferenceServiceServer(grpcServer, served)
	go func() { log.Fatal(http.Serve(rest, served)) }()
	log.Fatal(grpcServer.Serve(overGrpc))
}
