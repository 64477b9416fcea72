// A client in Go: lists the models, gets one, and asks it for predictions.
//
//	npm ci                           (once, at the root of the project: it brings buf)
//	cd examples/go
//	go generate ./...                (makes the stubs from the contract)
//	go run . [ADDRESS]
//
// ADDRESS is that of a running service, 127.0.0.1:8080 by default: `npm run demo` starts one.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	registryv1 "example.com/client/gen/kserve/registry/v1"
)

//go:generate ../../node_modules/.bin/buf generate ../.. --path ../../proto/kserve

func main() {
	address := "127.0.0.1:8080"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	if err := run(address); err != nil {
		log.Fatal(readable(err))
	}
}

func run(address string) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	registry := registryv1.NewModelRegistryClient(conn)
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

	// Predict: one row of three features. Instances are JSON; a Tensor and a body are the other forms.
	instances, err := structpb.NewList([]any{[]any{0.5, 1.2, 0.8}})
	if err != nil {
		return err
	}
	answer, err := registry.Predict(ctx, &registryv1.PredictRequest{
		Name:  "anomaly-detector",
		Input: &registryv1.PredictRequest_Instances{Instances: instances},
	})
	if err != nil {
		return err
	}
	fmt.Println("predictions:", answer.GetPredictions().AsInterface())

	// An error has a code for programs, a message for people, and a reason that does not change with its wording.
	if _, err := registry.GetModel(ctx, &registryv1.GetModelRequest{Name: "no-such-model"}); err != nil {
		fmt.Println("error:", readable(err))
	}
	return nil
}

// readable shows the code, the message and the reason of an error of the service.
func readable(err error) string {
	failure := status.Convert(err)
	reason := "no reason given"
	for _, detail := range failure.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			reason = info.GetReason()
		}
	}
	return fmt.Sprintf("%s: %s (%s)", failure.Code(), failure.Message(), reason)
}
