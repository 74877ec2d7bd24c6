package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// arrivalLimit is how long it may take until all calls are with the upstream.
const arrivalLimit = 60 * time.Second

// footprint is the memory of a subject.
type footprint struct {
	name     string // of the subject
	atRest   memory // after one call
	inFlight memory // with all calls in flight
	after    memory // when all are answered
}

// perCall is the share of one of n calls in flight, in bytes.
func (f *footprint) perCall(n int) float64 {
	return float64(f.inFlight.resident-f.atRest.resident) / float64(n)
}

// measureMemory measures every subject that has something behind it.
func measureMemory(ctx context.Context, o options, folder string, progress io.Writer) ([]*footprint, error) {
	names := []string{reverseProxy}
	if !o.peersOnly {
		names = append(names, gatewayGRPC, gatewayREST)
	}
	var footprints []*footprint
	for _, name := range names {
		fmt.Fprintf(progress, "memory: %d calls in flight through %s\n", o.inFlight, name)
		f, err := measureFootprint(ctx, o, folder, name)
		if err != nil {
			return nil, err
		}
		footprints = append(footprints, f)
	}
	return footprints, nil
}

// measureFootprint measures a subject with processes that have done nothing else.
func measureFootprint(ctx context.Context, o options, folder, name string) (*footprint, error) {
	s, err := newStand(ctx, o, folder)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	f := &footprint{name: name}
	for _, subject := range s.subjects {
		if subject.name == name {
			err = s.fill(ctx, o, subject, f)
		}
	}
	return f, err
}

// fill brings all calls into flight and lets them land, and reads the memory at
// each point.
func (s *stand) fill(ctx context.Context, o options, subject *subject, f *footprint) error {
	pid := subject.process.pid()
	if _, err := s.do(subject, measuredCalls[0], 1, o.connections, 0); err != nil {
		return err
	}
	if err := settled(pid, o.settle, &f.atRest); err != nil {
		return err
	}
	landed := make(chan error, 1)
	go func() {
		_, err := s.do(subject, heldCall, o.inFlight, o.connections, 0)
		landed <- err
	}()
	if err := s.untilHeld(ctx, o.inFlight, landed); err != nil {
		return err
	}
	if err := settled(pid, o.settle, &f.inFlight); err != nil {
		return err
	}
	if response, err := http.Post("http://"+s.upstream+releasePath, "", nil); err != nil {
		return err
	} else if err := response.Body.Close(); err != nil {
		return err
	}
	if err := <-landed; err != nil {
		return err
	}
	var err error
	f.after, err = memoryOf(pid)
	return err
}

// untilHeld waits until the upstream holds n calls. If one lands before that, they
// have failed.
func (s *stand) untilHeld(ctx context.Context, n int, landed <-chan error) error {
	held := 0
	ctx, cancel := context.WithTimeout(ctx, arrivalLimit)
	defer cancel()
	err := poll(ctx, func() (bool, error) {
		select {
		case err := <-landed:
			return false, fmt.Errorf("calls that the upstream should hold have ended: %w", err)
		default:
		}
		var err error
		held, err = s.held()
		return held == n, err
	})
	if err != nil {
		return fmt.Errorf("%d of %d calls in flight reached the upstream: %w", held, n, err)
	}
	return nil
}

func (s *stand) held() (int, error) {
	response, err := http.Get("http://" + s.upstream + heldPath)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(body))
}

func settled(pid int, after time.Duration, m *memory) error {
	time.Sleep(after)
	var err error
	*m, err = memoryOf(pid)
	return err
}
