package main

import (
	"context"
	"flag"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// standIn is a role only in tests: it has the gateway's command line and surfaces,
// and asks the upstream before it answers from memory, so that the benchmark can
// be tried as a whole in a second.
func standIn(args []string, _ io.Reader, _ io.Writer) error {
	flags := flag.NewFlagSet("gateway", flag.ContinueOnError)
	upstream := flags.String("upstream-url", "", "")
	grpcAddr := flags.String("grpc-addr", "", "")
	httpAddr := flags.String("http-addr", "", "")
	adminAddr := flags.String("admin-addr", "", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	target, err := url.Parse(*upstream)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *grpcAddr)
	if err != nil {
		return err
	}
	admin := http.NewServeMux()
	admin.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	ended := make(chan error, 3)
	go func() { ended <- http.ListenAndServe(*httpAddr, newReverseProxy(target)) }()
	go func() { ended <- http.ListenAndServe(*adminAddr, admin) }()
	go func() { ended <- standInGRPC(*upstream).Serve(listener) }()
	return <-ended
}

// standInGRPC takes any method, and looks at the request only to tell the payment
// that is held.
func standInGRPC(upstream string) *grpc.Server {
	return grpc.NewServer(grpc.ForceServerCodecV2(rawCodec{}), grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		var request []byte
		if err := stream.RecvMsg(&request); err != nil {
			return err
		}
		method, _ := grpc.MethodFromServerStream(stream)
		held := string(request) == "\n\x04"+heldID
		for _, a := range standInAnswers() {
			if a.rpc == method && (a.call == heldCall) == held {
				if err := ask(stream.Context(), upstream, a.call); err != nil {
					return err
				}
				return stream.SendMsg(a.wire)
			}
		}
		return status.Error(codes.Unimplemented, method)
	}))
}

type standInAnswer struct {
	*call
	wire []byte
}

var standInAnswers = sync.OnceValue(func() []standInAnswer {
	var answers []standInAnswer
	for _, c := range append([]*call{heldCall}, measuredCalls...) {
		wire, err := c.answerWire()
		if err != nil {
			panic(err)
		}
		answers = append(answers, standInAnswer{c, wire})
	}
	return answers
})

func ask(ctx context.Context, upstream string, c *call) error {
	request, err := http.NewRequestWithContext(ctx, c.method, upstream+c.target, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
