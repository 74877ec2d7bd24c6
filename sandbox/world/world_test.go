package world

import (
	"errors"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

var start = time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)

// TestClock plans out of order, plans from within a plan, takes one back, and
// expects each at its own time.
func TestClock(t *testing.T) {
	for name, clock := range map[string]*Clock{
		"stopped": NewStoppedClock(start),
		"running": NewClock(func() time.Time { return start }),
	} {
		t.Run(name, func(t *testing.T) {
			var happened []string
			note := func(what string) func() {
				return func() { happened = append(happened, what+" "+clock.Now().Sub(start).String()) }
			}
			clock.At(start.Add(3*time.Hour), note("c"))
			clock.At(start.Add(time.Hour), func() {
				note("a")()
				clock.At(clock.Now().Add(time.Hour), note("b"))
				clock.At(clock.Now().Add(-time.Hour), note("late"))
			})
			clock.At(start.Add(3*time.Hour), note("d"))
			clock.At(start.Add(2*time.Hour), note("never"))()
			clock.At(start.Add(5*time.Hour), note("not yet"))
			clock.Settle()
			clock.Advance(4 * time.Hour)
			clock.MoveTo(start) // never back
			if want := []string{"a 1h0m0s", "late 1h0m0s", "b 2h0m0s", "c 3h0m0s", "d 3h0m0s"}; !slices.Equal(happened, want) {
				t.Errorf("happened: %v\nwant: %v", happened, want)
			}
			if got := clock.Now(); !got.Equal(start.Add(4 * time.Hour)) {
				t.Errorf("the clock shows %v", got)
			}
		})
	}
}

// TestClockFarAhead moves clocks further than a time.Duration spans, and expects
// exact times, also of a clock that runs on.
func TestClockFarAhead(t *testing.T) {
	now := start
	running := NewClock(func() time.Time { return now })
	stopped := NewStoppedClock(start)
	for _, year := range []int{2319, 2500, 5000, 9999} {
		to := time.Date(year, 6, 1, 12, 0, 0, 123_456_789, time.UTC)
		due := 0
		for name, clock := range map[string]*Clock{"running": running, "stopped": stopped} {
			clock.At(to, func() { due++ })
			clock.MoveTo(to)
			if !clock.Now().Equal(to) {
				t.Errorf("%s: %v, want %v", name, clock.Now(), to)
			}
		}
		if now = now.Add(time.Hour); !running.Now().Equal(to.Add(time.Hour)) || due != 2 {
			t.Errorf("an hour after %v it is %v; %d happened", to, running.Now(), due)
		}
	}
	running.MoveTo(Latest)
	if now = now.Add(time.Hour); !running.Now().Equal(Latest) {
		t.Errorf("the clock runs on to %v", running.Now())
	}
}

// TestClockStops stops clocks and has them run again.
func TestClockStops(t *testing.T) {
	now := start
	clock := NewClock(func() time.Time { return now })
	due := 0
	clock.At(start.Add(time.Hour), func() { due++ })
	expect := func(want time.Time) {
		t.Helper()
		if got := clock.Now(); !got.Equal(want) {
			t.Errorf("the clock shows %v, want %v", got, want)
		}
	}
	clock.Run() // it does
	clock.Stop(start.Add(2 * time.Hour))
	now = now.Add(time.Minute)
	expect(start.Add(2 * time.Hour))
	clock.Stop(start) // not back
	expect(start.Add(2 * time.Hour))
	clock.Advance(time.Hour)
	expect(start.Add(3 * time.Hour))
	clock.Run()
	now = now.Add(time.Minute)
	expect(start.Add(3*time.Hour + time.Minute))
	if due != 1 {
		t.Errorf("happened %d times", due)
	}
	made := NewStoppedClock(start)
	made.Run()
	if d := made.Now().Sub(start); d < 0 || d > time.Minute {
		t.Errorf("a clock that was made to stand runs %v ahead", d)
	}
}

func TestIDs(t *testing.T) {
	a, b := NewIDs("seed"), NewIDs("seed")
	if first, again := a.UUID("x"), b.UUID("x"); first != again || len(first) != 36 || first == a.UUID("x") || first == a.UUID("y") {
		t.Errorf("%s and %s", first, again)
	}
	if got := a.Digits("account", 40); len(got) != 40 || got != b.Digits("account", 40) {
		t.Errorf("digits %q", got)
	}
}

func TestPage(t *testing.T) {
	all := make([]int, 25)
	for i := range all {
		all[i] = i
	}
	page := func(number, size int32) *portonev2.PageInput {
		return &portonev2.PageInput{Number: &number, Size: &size}
	}
	tests := []struct {
		name  string
		input *portonev2.PageInput
		first int
		count int
		fails bool
	}{
		{"absent", nil, 0, 10, false},
		{"empty", &portonev2.PageInput{}, 0, 10, false},
		{"the last", page(2, 10), 20, 5, false},
		{"behind the end", page(3, 10), 0, 0, false},
		{"the largest", page(0, 60_000), 0, 25, false},
		{"too far", page(6, 10_000), 0, 0, true},
		{"beyond int32", page(2_000_000_000, 2_000_000_000), 0, 0, true},
		{"no size", page(0, 0), 0, 0, true},
		{"negative", page(-1, 10), 0, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, info, err := Page(all, test.input)
			var fault *Refusal
			if test.fails {
				if !errors.As(err, &fault) || fault.Reason != portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil || len(got) != test.count || info.GetTotalCount() != 25 {
				t.Fatalf("%d of %v, %v", len(got), info, err)
			}
			if test.count > 0 && got[0] != test.first {
				t.Errorf("begins with %d", got[0])
			}
			pager, err := NewPager[int](test.input)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range all {
				pager.Add(n)
			}
			if items, same := pager.Result(); !slices.Equal(items, got) || !proto.Equal(same, info) {
				t.Errorf("one by one: %v of %v", items, same)
			}
			if items, same, err := PageOf(slices.Values(all), test.input); err != nil || !slices.Equal(items, got) || !proto.Equal(same, info) {
				t.Errorf("gone through: %v of %v, %v", items, same, err)
			}
		})
	}
}
