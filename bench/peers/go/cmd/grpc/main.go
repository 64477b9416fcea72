// Command grpc is the peer with grpc-go.
package main

import (
	"context"
	"log"

	"google.golang.org/grpc"

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
	// The windows and the limit of the service under test.
	grpcServer := grpc.NewServer(
		grpc.MaxRecvMsgSize(16<<20),
		grpc.InitialWindowSize(1<<20),
		grpc.InitialConnWindowSize(4<<20),
	)
	registryv1.RegisterModelRegistryServer(grpcServer, &server{predictor: kserve.New(*serve.Upstream)})
	log.Fatal(grpcServer.Serve(listener))
}
