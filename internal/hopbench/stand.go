package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// stand is a set of running processes to measure.
type stand struct {
	upstream string // host:port
	loadRole *process
	subjects []*subject
	gateway  *gateway // nil if it was left out
	key      string   // gateway key that callers send; empty for none
	stops    []func()
}

// subject is one way to make the calls.
type subject struct {
	name     string
	protocol string
	address  string
	process  *process
}

// Names of the subjects.
const (
	reverseProxy = "httputil.ReverseProxy"
	gatewayGRPC  = "gateway, gRPC"
	gatewayREST  = "gateway, REST"
	policyGRPC   = "gateway with a policy, gRPC"
	policyREST   = "gateway with a policy, REST"
	bareGRPC     = "bare gRPC server"
)

// newStand starts everything. The first subject is the ReverseProxy.
func newStand(ctx context.Context, o options, folder string) (*stand, error) {
	s := &stand{}
	if err := s.start(ctx, o, folder); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *stand) start(ctx context.Context, o options, folder string) error {
	var err error
	if _, s.upstream, err = s.server(ctx, "upstream"); err != nil {
		return err
	}
	proxy, address, err := s.server(ctx, "reverseproxy", "-upstream-url=http://"+s.upstream, fmt.Sprintf("-buffers=%t", o.proxyBuffers))
	if err != nil {
		return err
	}
	s.subjects = append(s.subjects, &subject{reverseProxy, protocolHTTP, address, proxy})
	if !o.peersOnly {
		if s.gateway, err = startGateway(ctx, o.gateway, folder, s.upstream, o.gatewayFlags); err != nil {
			return err
		}
		s.stops = append(s.stops, s.gateway.stop)
		s.subjects = append(s.subjects,
			&subject{gatewayGRPC, protocolGRPC, s.gateway.grpc, s.gateway.process},
			&subject{gatewayREST, protocolHTTP, s.gateway.rest, s.gateway.process})
	}
	if o.policy {
		if err := s.startGuarded(ctx, o, folder); err != nil {
			return err
		}
	}
	bare, address, err := s.server(ctx, "bare-grpc")
	if err != nil {
		return err
	}
	s.subjects = append(s.subjects, &subject{bareGRPC, protocolGRPC, address, bare})
	if s.loadRole, err = startRole(ctx, "load"); err != nil {
		return err
	}
	s.stops = append(s.stops, s.loadRole.stop)
	return nil
}

// startGuarded starts a gateway with a policy.
func (s *stand) startGuarded(ctx context.Context, o options, folder string) error {
	key, path, err := writePolicy(folder)
	if err != nil {
		return err
	}
	g, err := startGateway(ctx, o.gateway, folder, s.upstream, append(slices.Clone(o.gatewayFlags), "--policy-file="+path))
	if err != nil {
		return err
	}
	s.key, s.stops = key, append(s.stops, g.stop)
	s.subjects = append(s.subjects, &subject{policyGRPC, protocolGRPC, g.grpc, g.process}, &subject{policyREST, protocolHTTP, g.rest, g.process})
	return nil
}

func (s *stand) server(ctx context.Context, name string, args ...string) (*process, string, error) {
	p, address, err := startServer(ctx, name, args...)
	if err == nil {
		s.stops = append(s.stops, p.stop)
	}
	return p, address, err
}

// stop ends all processes, the callers first.
func (s *stand) stop() {
	for i := len(s.stops) - 1; i >= 0; i-- {
		s.stops[i]()
	}
}

// do makes calls to a subject and waits for their end.
func (s *stand) do(to *subject, c *call, callers, connections int, length time.Duration) (report, error) {
	r, err := s.loadRole.do(job{
		Protocol: to.protocol, Address: to.address, Call: c.name, Key: s.key,
		Callers: callers, Connections: connections, For: length,
	})
	if err == nil {
		return r, nil
	}
	err = fmt.Errorf("%s: %w", to.name, err)
	if s.gateway != nil && to.process == s.gateway.process {
		err = s.gateway.explain(err)
	}
	return r, err
}

// do gives a job to a process in the role of the load.
func (p *process) do(j job) (report, error) {
	if err := json.NewEncoder(p.stdin).Encode(j); err != nil {
		return report{}, err
	}
	line, err := p.stdout.ReadBytes('\n')
	if err != nil {
		return report{}, fmt.Errorf("the load process ended: %w", err)
	}
	var r report
	if err := json.Unmarshal(line, &r); err != nil {
		return report{}, err
	}
	if r.Error != "" {
		return report{}, fmt.Errorf("%s", r.Error)
	}
	return r, nil
}
