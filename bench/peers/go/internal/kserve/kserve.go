// Package kserve turns a typed prediction into a KServe v1 call and back, with generated messages and encoding/json,
// the way one writes it by hand. Both Go peers share it, so that they differ in their RPC library alone.
package kserve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	registryv1 "bench/gen/kserve/registry/v1"
)

// The longest a prediction may take, as in the service under test.
const timeout = 10 * time.Second

// Predictor calls one model server.
type Predictor struct {
	upstream string
	client   *http.Client
}

// New makes a predictor that keeps its connections.
func New(upstream string) *Predictor {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = 1024
	transport.MaxIdleConnsPerHost = 1024
	transport.DisableCompression = true
	transport.Proxy = nil
	return &Predictor{upstream: upstream, client: &http.Client{Transport: transport}}
}

// Predict does what one Predict takes.
func (p *Predictor) Predict(ctx context.Context, request *registryv1.PredictRequest) (*registryv1.PredictResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	switch input := request.GetInput().(type) {
	case *registryv1.PredictRequest_Instances:
		return p.instances(ctx, request.GetName(), input.Instances)
	case *registryv1.PredictRequest_Tensor:
		return p.tensor(ctx, request.GetName(), input.Tensor)
	case *registryv1.PredictRequest_Body:
		answer, err := p.call(ctx, request.GetName(), input.Body)
		if err != nil {
			return nil, err
		}
		return &registryv1.PredictResponse{
			ModelName: request.GetName(),
			Output:    &registryv1.PredictResponse_Body{Body: answer},
		}, nil
	default:
		return nil, errors.New("no input")
	}
}

func (p *Predictor) instances(ctx context.Context, name string, rows *structpb.ListValue) (*registryv1.PredictResponse, error) {
	body, err := json.Marshal(struct {
		Instances []any `json:"instances"`
	}{rows.AsSlice()})
	if err != nil {
		return nil, err
	}
	answer, err := p.call(ctx, name, body)
	if err != nil {
		return nil, err
	}
	var parsed struct {
		Predictions any `json:"predictions"`
	}
	if err := json.Unmarshal(answer, &parsed); err != nil {
		return nil, err
	}
	if list, ok := parsed.Predictions.([]any); !ok || len(list) != len(rows.GetValues()) {
		return nil, errors.New("not one prediction per instance")
	}
	predictions, err := structpb.NewValue(parsed.Predictions)
	if err != nil {
		return nil, err
	}
	return &registryv1.PredictResponse{
		ModelName: name,
		Output:    &registryv1.PredictResponse_Predictions{Predictions: predictions},
	}, nil
}

func (p *Predictor) tensor(ctx context.Context, name string, tensor *registryv1.Tensor) (*registryv1.PredictResponse, error) {
	shape, values := tensor.GetShape(), tensor.GetValues()
	if len(shape) != 2 || int(shape[0]*shape[1]) != len(values) {
		return nil, errors.New("not a table of numbers")
	}
	width := int(shape[1])
	rows := make([][]float64, shape[0])
	for i := range rows {
		rows[i] = values[i*width : (i+1)*width]
	}
	body, err := json.Marshal(struct {
		Instances [][]float64 `json:"instances"`
	}{rows})
	if err != nil {
		return nil, err
	}
	answer, err := p.call(ctx, name, body)
	if err != nil {
		return nil, err
	}
	var parsed struct {
		Predictions []float64 `json:"predictions"`
	}
	if err := json.Unmarshal(answer, &parsed); err != nil {
		return nil, err
	}
	if len(parsed.Predictions) != len(rows) {
		return nil, errors.New("not one prediction per instance")
	}
	return &registryv1.PredictResponse{
		ModelName: name,
		Output: &registryv1.PredictResponse_Tensor{Tensor: &registryv1.Tensor{
			Shape:  []uint32{uint32(len(parsed.Predictions))},
			Values: parsed.Predictions,
		}},
	}, nil
}

func (p *Predictor) call(ctx context.Context, name string, body []byte) ([]byte, error) {
	address := p.upstream + "/v1/models/" + url.PathEscape(name) + ":predict"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var answer []byte
	if response.ContentLength >= 0 {
		// io.ReadAll would grow its buffer step by step.
		answer = make([]byte, response.ContentLength)
		_, err = io.ReadFull(response.Body, answer)
	} else {
		answer, err = io.ReadAll(response.Body)
	}
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the model server answered %d", response.StatusCode)
	}
	return answer, nil
}
