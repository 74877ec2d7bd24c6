package main

import (
	"flag"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
)

// serveReverseProxy is the peer that the gateway is compared with.
func serveReverseProxy(l net.Listener, args []string) error {
	flags := flag.NewFlagSet("reverseproxy", flag.ContinueOnError)
	upstream := flags.String("upstream-url", "", "")
	buffers := flags.Bool("buffers", false, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	target, err := url.Parse(*upstream)
	if err != nil {
		return err
	}
	proxy := newReverseProxy(target)
	if *buffers {
		proxy.BufferPool = new(bufferPool)
	}
	return http.Serve(l, proxy)
}

// newReverseProxy has the defaults of net/http, except that connections to the
// upstream are kept: by default it would close all but two after every burst.
func newReverseProxy(target *url.URL) *httputil.ReverseProxy {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.MaxIdleConns = 0
	transport.MaxIdleConnsPerHost = 100_000
	return &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: transport,
	}
}

// bufferPool hands out buffers of the size that ReverseProxy makes by itself.
type bufferPool struct{ pool sync.Pool }

const copySize = 32 << 10

func (p *bufferPool) Get() []byte {
	if b, ok := p.pool.Get().(*[copySize]byte); ok {
		return b[:]
	}
	return make([]byte, copySize)
}

func (p *bufferPool) Put(b []byte) { p.pool.Put((*[copySize]byte)(b)) }
