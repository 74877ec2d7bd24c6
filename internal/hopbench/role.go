package main

import (
	"fmt"
	"io"
	"net"
)

// roleVariable is the environment variable that makes this program one of the
// parties of the benchmark instead of the benchmark.
const roleVariable = "HOPBENCH_ROLE"

// role is what a party does. It ends when stdin does, that is with the benchmark,
// however that ends.
type role func(args []string, stdin io.Reader, stdout io.Writer) error

// roles are the parties that are this program; the gateway is one of its own.
var roles = map[string]role{
	"upstream":     serverRole(serveUpstream),
	"reverseproxy": serverRole(serveReverseProxy),
	"bare-grpc":    serverRole(serveBareGRPC),
	"load":         load,
}

func play(name string, args []string, stdin io.Reader, stdout io.Writer) error {
	r, ok := roles[name]
	if !ok {
		return fmt.Errorf("%s=%s is no role", roleVariable, name)
	}
	return r(args, stdin, stdout)
}

// serverRole is the role of a server on a port of its own choice, which is the
// first thing it says.
func serverRole(serve func(l net.Listener, args []string) error) role {
	return func(args []string, stdin io.Reader, stdout io.Writer) error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(stdout, l.Addr()); err != nil {
			return err
		}
		ended := make(chan error, 2)
		go func() { ended <- serve(l, args) }()
		go func() {
			_, err := io.Copy(io.Discard, stdin)
			ended <- err
		}()
		return <-ended
	}
}
