package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// startLimit is how long the gateway may take until it is ready.
const startLimit = 20 * time.Second

// gateway is a process of cmd/gateway.
type gateway struct {
	*process
	grpc, rest, admin string // host:port
	logs              string // file with what it wrote
}

// buildGateway builds cmd/gateway into a folder, and returns the binary.
func buildGateway(ctx context.Context, folder string) (string, error) {
	binary := filepath.Join(folder, "gateway")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/portone-gateway/portone-gateway/cmd/gateway")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the gateway: %w\n%s", err, out)
	}
	return binary, nil
}

// startGateway starts the gateway in front of an upstream and waits until it is
// ready. What it logs goes to a file in folder, as it would in production.
func startGateway(ctx context.Context, binary, folder, upstream string, flags []string) (*gateway, error) {
	ports, err := freeAddresses(3)
	if err != nil {
		return nil, err
	}
	log, err := os.CreateTemp(folder, "gateway-*.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	g := &gateway{grpc: ports[0], rest: ports[1], admin: ports[2], logs: log.Name()}
	cmd := exec.CommandContext(ctx, binary, slices.Concat([]string{
		"--upstream-url", "http://" + upstream,
		"--grpc-addr", g.grpc, "--http-addr", g.rest, "--admin-addr", g.admin,
	}, flags)...)
	cmd.Env = append(os.Environ(), "PORTONE_API_SECRET=not-a-secret-of-anyone")
	cmd.Stdout, cmd.Stderr = log, log
	g.process = &process{cmd: cmd}
	if err := g.start(); err != nil {
		return nil, err
	}
	if err := g.untilReady(ctx, "http://"+g.admin+"/readyz"); err != nil {
		g.stop()
		return nil, g.explain(fmt.Errorf("the gateway did not get ready: %w", err))
	}
	return g, nil
}

// explain adds the end of the gateway's log to an error.
func (g *gateway) explain(err error) error {
	log, readErr := os.ReadFile(g.logs)
	if readErr != nil || len(log) == 0 {
		return err
	}
	return fmt.Errorf("%w\nthe gateway's log ends:\n%s", err, log[max(0, len(log)-2000):])
}

func (g *gateway) untilReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("%s was not answered 200 in %v", url, startLimit))
	defer cancel()
	return poll(ctx, func() (bool, error) {
		select {
		case <-g.ended:
			return false, fmt.Errorf("it has ended: %w", g.err)
		default:
		}
		response, err := http.Get(url)
		if err != nil {
			return false, nil // it does not listen yet
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK, nil
	})
}

// poll asks again and again until the answer is yes, an error, or ctx is done.
func poll(ctx context.Context, ask func() (bool, error)) error {
	for {
		if yes, err := ask(); yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// freeAddresses finds addresses that no one listened on a moment ago.
func freeAddresses(n int) ([]string, error) {
	var addresses []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // all at the end, so that they differ
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}
