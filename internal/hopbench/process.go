package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// process is a party of the benchmark.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser // of a role
	stdout *bufio.Reader  // of a role

	ended chan struct{} // closed when it has ended
	err   error         // how; to be read after that
}

// start starts the process.
func (p *process) start() error {
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.ended = make(chan struct{})
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return nil
}

// startRole starts this program again in a role.
func startRole(ctx context.Context, name string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(ctx, self, args...)}
	p.cmd.Env = append(os.Environ(), roleVariable+"="+name)
	p.cmd.Stderr = os.Stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.stdout = bufio.NewReader(stdout)
	if err := p.start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// startServer starts a role that is a server, and returns its host:port too.
func startServer(ctx context.Context, name string, args ...string) (*process, string, error) {
	p, err := startRole(ctx, name, args...)
	if err != nil {
		return nil, "", err
	}
	address, err := p.stdout.ReadString('\n')
	if err != nil {
		p.stop()
		return nil, "", fmt.Errorf("%s did not say where it listens: %w", name, err)
	}
	return p, strings.TrimSpace(address), nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop ends the process at once; what it was doing is of no interest any more.
func (p *process) stop() {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.ended
}
