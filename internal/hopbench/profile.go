package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// profiled is how long the gateway is profiled.
const profiled = 30 * time.Second

// recordProfile writes a CPU profile of the gateway under all kinds of call, to see
// where its time goes: go tool pprof -top gateway.prof.
func recordProfile(ctx context.Context, o options, folder string) error {
	s, err := newStand(ctx, o, folder)
	if err != nil {
		return err
	}
	defer s.stop()
	ended := make(chan error, 1)
	go func() { ended <- s.gateway.saveProfile(ctx, o.profile) }()
	for {
		for _, c := range s.costs() {
			if c.subject.process != s.gateway.process {
				continue
			}
			if _, _, err := s.turn(o, c); err != nil {
				return err
			}
			select {
			case err := <-ended:
				return err
			default:
			}
		}
	}
}

// saveProfile fetches a CPU profile and writes it to a file.
func (g *gateway) saveProfile(ctx context.Context, path string) error {
	url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", g.admin, int(profiled.Seconds()))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	profile, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the profile: %s: %.200s", resp.Status, profile)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(path, profile, 0o644)
}
