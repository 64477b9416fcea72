// Package serve opens the port of a peer and says where it is.
package serve

import (
	"flag"
	"fmt"
	"log"
	"net"
)

// Upstream is the base address of the model server, from the flag -upstream.
var Upstream = flag.String("upstream", "", "base address of the model server")

// Listen parses the flags, listens on a free port of the loopback device, and writes it as the one line of its output.
func Listen() net.Listener {
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("{\"port\":%d}\n", listener.Addr().(*net.TCPAddr).Port)
	return listener
}

// ListenBoth does the same with a port for REST and one for gRPC.
func ListenBoth() (rest, grpc net.Listener) {
	flag.Parse()
	listeners := make([]net.Listener, 2)
	for i := range listeners {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		listeners[i] = listener
	}
	rest, grpc = listeners[0], listeners[1]
	port := func(listener net.Listener) int { return listener.Addr().(*net.TCPAddr).Port }
	fmt.Printf("{\"http1\":%d,\"http2\":%d}\n", port(rest), port(grpc))
	return rest, grpc
}
