// Command connect is the peer with connect-go, for all three of its protocols over HTTP/1.1 and HTTP/2.
package main

import (
	"context"
	"log"
	"net/http"

	"connectrpc.com/connect"

	registryv1 "bench/gen/kserve/registry/v1"
	"bench/gen/kserve/registry/v1/registryv1connect"
	"bench/internal/kserve"
	"bench/internal/serve"
)

type server struct {
	registryv1connect.UnimplementedModelRegistryHandler
	predictor *kserve.Predictor
}

func (s *server) Predict(
	ctx context.Context,
	request *connect.Request[registryv1.PredictRequest],
) (*connect.Response[registryv1.PredictResponse], error) {
	response, err := s.predictor.Predict(ctx, request.Msg)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(response), nil
}

func main() {
	listener := serve.Listen()
	mux := http.NewServeMux()
	mux.Handle(registryv1connect.NewModelRegistryHandler(
		&server{predictor: kserve.New(*serve.Upstream)},
		connect.WithReadMaxBytes(16<<20),
	))
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	httpServer := &http.Server{
		Handler:   mux,
		Protocols: protocols,
		// The windows of the service under test.
		HTTP2: &http.HTTP2Config{MaxReceiveBufferPerStream: 1 << 20, MaxReceiveBufferPerConnection: 4 << 20},
	}
	log.Fatal(httpServer.Serve(listener))
}
