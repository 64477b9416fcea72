package serve

import "google.golang.org/grpc"

// NewGrpcServer has the windows and the limit of the service under test.
func NewGrpcServer() *grpc.Server {
	return grpc.NewServer(
		grpc.MaxRecvMsgSize(16<<20),
		grpc.InitialWindowSize(1<<20),
		grpc.InitialConnWindowSize(4<<20),
	)
}
