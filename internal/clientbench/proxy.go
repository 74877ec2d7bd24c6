package main

import (
	"context"
	"encoding/base64"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// proxy stands before the gateway, speaks gRPC as HTTP/2 without TLS on both sides,
// counts, and breaks what it is asked to break.
type proxy struct {
	listener net.Listener
	server   *http.Server
	gateway  *gateway
	portone  *portone
	forward  *httputil.ReverseProxy

	mu       sync.Mutex
	attempts int
	keys     map[string]bool
	faults   map[string]int // how often a fault was asked for
}

type connection struct{} // key of the client's connection in a context

func newProxy(g *gateway, p *portone) (*proxy, error) {
	listener, err := listen()
	if err != nil {
		return nil, err
	}
	h2c := new(http.Protocols)
	h2c.SetUnencryptedHTTP2(true)
	quiet := log.New(io.Discard, "", 0)
	x := &proxy{listener: listener, gateway: g, portone: p}
	x.forward = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", g.address()
			r.Out.Header.Del(faultHeader)
		},
		// No FlushInterval: a status without a message has to end the stream in its
		// headers, or some clients take it for UNKNOWN.
		Transport:    &http.Transport{Protocols: h2c},
		ErrorLog:     quiet,
		ErrorHandler: func(_ http.ResponseWriter, r *http.Request, _ error) { drop(r) }, // as if the client were connected to it
	}
	x.server = &http.Server{
		Handler: x, Protocols: h2c, ErrorLog: quiet, ReadHeaderTimeout: 10 * time.Second,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connection{}, c) },
	}
	return x, nil
}

// drop ends the client's connection.
func drop(r *http.Request) {
	if conn, ok := r.Context().Value(connection{}).(net.Conn); ok {
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}

// newScenario forgets what came before.
func (x *proxy) newScenario() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.attempts, x.keys, x.faults = 0, make(map[string]bool), make(map[string]int)
}

// count counts an RPC, and returns how often its fault was asked for before.
func (x *proxy) count(r *http.Request) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.attempts++
	if key := strings.Trim(r.Header.Get("Idempotency-Key"), `"`); key != "" {
		x.keys[key] = true
	}
	n := x.faults[r.Header.Get(faultHeader)]
	x.faults[r.Header.Get(faultHeader)]++
	return n
}

// ServeHTTP implements http.Handler.
func (x *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	before := x.count(r)
	text := r.Header.Get(faultHeader)
	if text == "" {
		x.pass(w, r)
		return
	}
	f, err := parseFault(text)
	switch {
	case err != nil:
		trailersOnly(w, status.New(codes.InvalidArgument, err.Error()))
	case before == 0 && f.kind == "kill":
		x.kill(w, r, f)
	case before == 0:
		x.spoil(w, r, f)
	case before == 1 && f.then != 0:
		trailersOnly(w, status.New(codes.Code(f.then), "from the proxy"))
	default:
		x.pass(w, r)
	}
}

// pass passes an RPC on. While there is no gateway the connection ends, as one that
// cannot be made would.
func (x *proxy) pass(w http.ResponseWriter, r *http.Request) {
	if x.gateway.address() == "" {
		drop(r)
	}
	x.forward.ServeHTTP(w, r)
}

// spoil answers an RPC with a fault, in place of the gateway or of its answer.
func (x *proxy) spoil(w http.ResponseWriter, r *http.Request, f fault) {
	if f.after {
		x.pass(httptest.NewRecorder(), r)
	}
	switch f.kind {
	case "502":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html>502 Bad Gateway</html>") // no one has to read it
	case "rst":
		panic(http.ErrAbortHandler)
	case "close":
		drop(r)
	case "status":
		trailersOnly(w, status.New(codes.Code(f.code), "from the proxy"))
	case "foreign":
		st := status.New(codes.Internal, "from the mesh")
		if detailed, err := st.WithDetails(&errdetails.ErrorInfo{Reason: "UPSTREAM", Domain: "mesh.example"}); err == nil {
			st = detailed
		}
		trailersOnly(w, st)
	}
}

// kill kills the gateway once PortOne has the request, and ends the connection.
func (x *proxy) kill(w http.ResponseWriter, r *http.Request, f fault) {
	arrived, let := x.portone.holdMutations()
	defer let()
	passed := make(chan struct{})
	go func() {
		defer close(passed)
		defer func() { _ = recover() }() // the answer breaks off, which is meant
		x.pass(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
	}()
	<-arrived
	x.gateway.kill()
	let()
	<-passed
	if f.away == 0 {
		_ = x.gateway.start() // it says on standard error why it does not
	} else {
		time.AfterFunc(f.away, func() { _ = x.gateway.start() })
	}
	drop(r)
}

// trailersOnly answers with a status and nothing else.
func trailersOnly(w http.ResponseWriter, st *status.Status) {
	h := w.Header()
	h.Set("Content-Type", "application/grpc")
	h.Set("Grpc-Status", strconv.Itoa(int(st.Code())))
	h.Set("Grpc-Message", st.Message())
	if len(st.Details()) > 0 {
		if wire, err := proto.Marshal(st.Proto()); err == nil {
			h.Set("Grpc-Status-Details-Bin", base64.RawStdEncoding.EncodeToString(wire))
		}
	}
	w.WriteHeader(http.StatusOK)
}
