// Package client is what a client of the service needs besides its stubs.
package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health" // Without it the healthCheckConfig does nothing.
)

const (
	// MaxReceivedBytes is for answers above 4 MiB, the default of gRPC, which would be RESOURCE_EXHAUSTED.
	MaxReceivedBytes = 64 << 20

	// ServiceConfig has calls that fail with UNAVAILABLE tried up to four times, and only servers called that say that
	// they serve: the library watches the health of each.
	ServiceConfig = `{
	  "loadBalancingConfig": [{"round_robin": {}}],
	  "healthCheckConfig": {"serviceName": "kserve.registry.v1.ModelRegistry"},
	  "methodConfig": [{
	    "name": [{"service": "kserve.registry.v1.ModelRegistry"}],
	    "retryPolicy": {
	      "maxAttempts": 4,
	      "initialBackoff": "0.1s",
	      "maxBackoff": "2s",
	      "backoffMultiplier": 2,
	      "retryableStatusCodes": ["UNAVAILABLE"]
	    }
	  }]
	}`
)

// Open opens a channel to host:port. authorities, in PEM, are those to trust; without them it is plain text. More options
// are added to its own, and win.
func Open(address string, authorities []byte, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	trust := insecure.NewCredentials()
	if len(authorities) > 0 {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(authorities) {
			return nil, errors.New("no certificate among the authorities")
		}
		trust = credentials.NewTLS(&tls.Config{RootCAs: pool})
	}
	own := []grpc.DialOption{
		grpc.WithTransportCredentials(trust),
		grpc.WithDefaultServiceConfig(ServiceConfig),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaxReceivedBytes)),
	}
	return grpc.NewClient(address, append(own, options...)...)
}
