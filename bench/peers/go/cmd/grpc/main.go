// Command grpc is the peer with grpc-go.
package main

import (
	"context"
	"log"

	registryv1 "bench/gen/kserve/registry/v1"
	"bench/internal/kserve"
	"bench/internal/serve"
)

type server struct {
	registryv1.UnimplementedModelRegistryServer
	predictor *kserve.Predictor
}

func (s *server) Predict(ctx context.Context, request *registryv1.PredictRequest) (*registryv1.PredictResponse, error) {
	return s.predictor.Predict(ctx, request)
}

func main() {
	listener := serve.Listen()
	grpcServer := serve.NewGrpcServer()
	registryv1.RegisterModelRegistryServer(grpcServer, &server{predictor: kserve.New(*serve.Upstream)})
	log.Fatal(grpcServer.Serve(listener))
}
