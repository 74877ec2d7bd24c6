package control

import (
	"bytes"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox/domains"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

func (h *Handler) runReset(body []byte) (any, error) {
	var in struct {
		Stop *time.Time `json:"stop"`
		Seed *string    `json:"seed"`
	}
	if len(bytes.TrimSpace(body)) > 0 {
		if err := arguments(body, &in); err != nil {
			return nil, err
		}
	}
	if in.Stop == nil {
		return struct{}{}, h.target.ResetTo(nil, in.Seed)
	}
	if year := in.Stop.UTC().Year(); year < firstYear || year > lastYear {
		return nil, mistake("stop: a world can begin in the years %d to %d", firstYear, lastYear)
	}
	return struct{}{}, h.target.ResetTo(world.NewStoppedClock(*in.Stop), in.Seed)
}

// A world can begin in the years of which two digits tell, as cards and identity
// numbers have them. From there it can be moved on up to world.Latest.
const (
	firstYear = 2000
	lastYear  = 2098
)

func (h *Handler) runShowClock([]byte) (any, error) {
	var now time.Time
	err := h.target.Do(func(w *world.World, _ *domains.Stores) error {
		now = w.Clock.Now()
		return nil
	})
	return map[string]string{"now": now.Format(time.RFC3339Nano)}, err
}

// clockOrder is what to do with the clock: one of it.
type clockOrder struct {
	Advance *string    `json:"advance"`
	Now     *time.Time `json:"now"`
	Stop    *time.Time `json:"stop"`
	Run     bool       `json:"run"`
}

func (h *Handler) runSetClock(body []byte) (any, error) {
	var in clockOrder
	if err := arguments(body, &in); err != nil {
		return nil, err
	}
	err := h.target.Do(func(w *world.World, _ *domains.Stores) error { return in.carryOut(w.Clock, w.Clock.Now()) })
	if err != nil {
		return nil, err
	}
	return h.runShowClock(nil)
}

func (in *clockOrder) carryOut(clock *world.Clock, now time.Time) error {
	given := 0
	for _, is := range []bool{in.Advance != nil, in.Now != nil, in.Stop != nil, in.Run} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return mistake(`give either "advance", "now", "stop" or "run":true`)
	case in.Now != nil:
		return move(now, *in.Now, clock.MoveTo)
	case in.Stop != nil:
		return move(now, *in.Stop, clock.Stop)
	case in.Run:
		clock.Run()
		return nil
	}
	d, err := time.ParseDuration(*in.Advance)
	if err != nil {
		return mistake("advance: %v", err)
	}
	return move(now, now.Add(d), clock.MoveTo)
}

// move moves a clock, which shows now, to a time if it can be.
func move(now, t time.Time, to func(time.Time)) error {
	if err := world.CheckMove(now, t); err != nil {
		return mistake("%v", err)
	}
	to(t)
	return nil
}
