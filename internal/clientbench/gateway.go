package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// envGateway makes the program a gateway in front of the URL that it holds: the bench
// starts itself a second time, so that the gateway can be killed.
const envGateway = "PORTONE_CLIENTBENCH_GATEWAY"

// runGateway serves gRPC, says where, and ends when its standard input does.
func runGateway(url string) error {
	secret, err := upstream.NewSecret("sandbox")
	if err != nil {
		return err
	}
	mapper, err := errmap.New()
	if err != nil {
		return err
	}
	channels, err := errmap.NewChannels(map[string]string{channelKey: "TOSSPAYMENTS"})
	if err != nil {
		return err
	}
	mapper.UseChannels(channels)
	logger := slog.New(slog.DiscardHandler)
	client, err := upstream.New(upstream.Options{URL: url, Credentials: upstream.Static(secret), Mapper: mapper, Logger: logger})
	if err != nil {
		return err
	}
	server, err := service.New(service.Options{Upstream: client, Mapper: mapper, Logger: logger, Sandbox: true})
	if err != nil {
		return err
	}
	listener, err := listen()
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0) // the bench is gone
	}()
	fmt.Println(listener.Addr())
	return server.Serve(listener)
}

// gateway is the gateway's process. It is safe for concurrent use.
type gateway struct {
	url string // of the sandbox

	mu      sync.Mutex
	process *exec.Cmd
	addr    string // empty while there is none
}

// start starts the process, unless it runs.
func (g *gateway) start() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.process != nil {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	process := exec.Command(self)
	process.Env = append(os.Environ(), envGateway+"="+g.url)
	process.Stderr = os.Stderr
	if _, err := process.StdinPipe(); err != nil { // open for as long as the bench lives
		return err
	}
	out, err := process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := process.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return errors.Join(fmt.Errorf("the gateway did not start: %w", err), process.Process.Kill(), process.Wait())
	}
	g.process, g.addr = process, strings.TrimSpace(line)
	return nil
}

// kill kills the process with SIGKILL, if it runs.
func (g *gateway) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.process == nil {
		return
	}
	_ = g.process.Process.Kill() // it may have ended by itself
	_ = g.process.Wait()         // says that it was killed
	g.process, g.addr = nil, ""
}

// address is where the process serves gRPC; empty while there is none.
func (g *gateway) address() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.addr
}
