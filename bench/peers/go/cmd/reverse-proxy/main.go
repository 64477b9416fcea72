// Command reverse-proxy is the peer with Go's httputil.ReverseProxy.
package main

import (
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"

	"bench/internal/serve"
)

func main() {
	listener := serve.Listen()
	upstream, err := url.Parse(*serve.Upstream)
	if err != nil {
		log.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = 1024
	transport.MaxIdleConnsPerHost = 1024
	transport.DisableCompression = true
	transport.Proxy = nil
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(upstream) },
		Transport: transport,
	}
	log.Fatal(http.Serve(listener, proxy))
}
