package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// cost is what one kind of call costs one subject. The lists have a figure a round.
type cost struct {
	call    *call
	subject *subject
	beside  *cost     // the ReverseProxy's, for the same call
	perCall []float64 // CPU time in microseconds
	rate    []float64 // calls a second
}

// ratios are those to the ReverseProxy in the same round.
func (c *cost) ratios() []float64 {
	var ratios []float64
	for round, perCall := range c.perCall {
		ratios = append(ratios, perCall/c.beside.perCall[round])
	}
	return ratios
}

// measureCPU lets all subjects take turns, with all kinds of call in every round.
// The costs are ordered by call, then as the subjects are.
func measureCPU(ctx context.Context, o options, folder string, progress io.Writer) ([]*cost, error) {
	s, err := newStand(ctx, o, folder)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	costs := s.costs()
	fmt.Fprintln(progress, "CPU: warming up")
	for _, c := range costs {
		if _, _, err := s.turn(o, c); err != nil {
			return nil, err
		}
	}
	for round := range o.rounds {
		fmt.Fprintf(progress, "CPU: round %d of %d\n", round+1, o.rounds)
		for _, c := range costs {
			perCall, rate, err := s.turn(o, c)
			if err != nil {
				return nil, err
			}
			c.perCall, c.rate = append(c.perCall, perCall), append(c.rate, rate)
		}
	}
	return costs, nil
}

// costs returns costs without figures, for all calls to all subjects.
func (s *stand) costs() []*cost {
	var costs []*cost
	for _, call := range measuredCalls {
		beside := &cost{call: call, subject: s.subjects[0]}
		beside.beside = beside
		costs = append(costs, beside)
		for _, subject := range s.subjects[1:] {
			costs = append(costs, &cost{call: call, subject: subject, beside: beside})
		}
	}
	return costs
}

// turn makes calls for a while, and returns the CPU time of one and the calls a
// second.
func (s *stand) turn(o options, c *cost) (perCall, rate float64, err error) {
	pid := c.subject.process.pid()
	before, err := cpuTime(pid)
	if err != nil {
		return 0, 0, err
	}
	r, err := s.do(c.subject, c.call, o.callers, o.connections, o.run)
	if err != nil {
		return 0, 0, err
	}
	after, err := cpuTime(pid)
	if err != nil {
		return 0, 0, err
	}
	calls := float64(r.Calls)
	return float64(after-before) / float64(time.Microsecond) / calls, calls / r.Elapsed.Seconds(), nil
}
