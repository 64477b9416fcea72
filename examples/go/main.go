// A client in Go: lists the models, gets one, asks for predictions, and shows what is wrong with a wrong row.
//
//	npm ci                     (once, at the root of the project: it brings buf)
//	cd examples/go
//	go generate ./...          (makes the stubs from the contract)
//	go run . [ADDRESS]         (calls)
//	go run . watch [ADDRESS]   (keeps a mirror of the models)
//
// ADDRESS is that of a running service, 127.0.0.1:8080 by default: `npm run demo` starts one.
package main

import (
	"context"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"

	"example.com/client/client"
	registryv1 "example.com/client/gen/kserve/registry/v1"
)

//go:generate ../../node_modules/.bin/buf generate ../.. --path ../../proto/kserve/registry

func main() {
	log.SetFlags(0)
	arguments := os.Args[1:]
	watches := len(arguments) > 0 && arguments[0] == "watch"
	if watches {
		arguments = arguments[1:]
	}
	address := "127.0.0.1:8080"
	if len(arguments) > 0 {
		address = arguments[0]
	}
	conn, err := client.Open(address, nil)
	if err != nil {
		log.Fatal(err)
	}
	if watches {
		err = new(client.Mirror).Follow(context.Background(), conn, func(models map[string]*registryv1.Model) {
			fmt.Println("models:", strings.Join(slices.Sorted(maps.Keys(models)), ", "))
		})
	} else {
		err = call(conn)
	}
	if err != nil {
		log.Fatal(client.FailureOf(err))
	}
}

func call(conn *grpc.ClientConn) error {
	registry := registryv1.NewModelRegistryClient(conn)
	// The deadline of all calls together: the service passes it on to the model.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	// List: every registered model, page by page.
	for pageToken := ""; ; {
		page, err := registry.ListModels(ctx, &registryv1.ListModelsRequest{PageToken: pageToken})
		if err != nil {
			return err
		}
		for _, model := range page.GetModels() {
			fmt.Printf("%s in %s: %s, %s\n", model.GetName(), model.GetNamespace(), model.GetType(), model.GetState())
		}
		if pageToken = page.GetNextPageToken(); pageToken == "" {
			break
		}
	}

	// Get: one model, with where its predictions go.
	got, err := registry.GetModel(ctx, &registryv1.GetModelRequest{Name: "anomaly-detector"})
	if err != nil {
		return err
	}
	fmt.Printf("%s is called at %s%s\n", got.GetModel().GetName(), got.GetAddress().GetUrl(), got.GetAddress().GetPredictPath())

	// Predict: rows of three features. Instances are JSON; a Tensor and a body are the other forms.
	rows, err := predictRequest("anomaly-detector", []any{[]any{0.5, 1.2, 0.8}})
	if err != nil {
		return err
	}
	answer, err := registry.Predict(ctx, rows)
	if err != nil {
		return err
	}
	fmt.Println("predictions:", answer.GetPredictions().AsInterface())

	// An error has a code for programs, a message for people, a reason that does not change with its wording, and for a
	// wrong row each cell.
	wrong, err := predictRequest("disk-failure-predictor", []any{map[string]any{"disk_utilization": 91.2, "iops": "many"}})
	if err != nil {
		return err
	}
	if _, err := registry.Predict(ctx, wrong); err != nil {
		fmt.Println("error:", client.FailureOf(err))
	}
	return nil
}

// predictRequest makes a request of rows: each a list of cells in the order of the features, or a map by feature name.
func predictRequest(name string, rows []any) (*registryv1.PredictRequest, error) {
	instances, err := structpb.NewList(rows)
	if err != nil {
		return nil, err
	}
	return &registryv1.PredictRequest{Name: name, Input: &registryv1.PredictRequest_Instances{Instances: instances}}, nil
}
