package settlement

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// condition is what objects of a list have to meet. A nil one asks for nothing.
type condition[O any] func(O) bool

// all is met by an object that meets every condition.
func all[O any](conditions ...condition[O]) condition[O] {
	asked := slices.DeleteFunc(conditions, func(c condition[O]) bool { return c == nil })
	return func(o O) bool {
		for _, met := range asked {
			if !met(o) {
				return false
			}
		}
		return true
	}
}

// among is met by an object whose property is one of some values; no values ask for
// nothing.
func among[O any, V comparable](values []V, property func(O) V) condition[O] {
	if len(values) == 0 {
		return nil
	}
	wanted := make(map[V]bool, len(values))
	for _, value := range values {
		wanted[value] = true
	}
	return func(o O) bool { return wanted[property(o)] }
}

// anyAmong is among for a property that has several values, of which one has to be
// wanted.
func anyAmong[O any, V comparable](values []V, property func(O) []V) condition[O] {
	if len(values) == 0 {
		return nil
	}
	return func(o O) bool {
		return slices.ContainsFunc(property(o), func(v V) bool { return slices.Contains(values, v) })
	}
}

// exactly is met by an object one of whose properties is a text; nil asks for
// nothing.
func exactly[O any](text *string, properties func(O) []string) condition[O] {
	if text == nil {
		return nil
	}
	return func(o O) bool { return slices.Contains(properties(o), *text) }
}

// containing is met by an object one of whose properties contains a text; nil asks
// for nothing.
func containing[O any](text *string, properties func(O) []string) condition[O] {
	if text == nil {
		return nil
	}
	return func(o O) bool {
		return slices.ContainsFunc(properties(o), func(p string) bool { return strings.Contains(p, *text) })
	}
}

// only is the property as the one of several that exactly and containing look at.
func only[O any](property func(O) string) func(O) []string {
	return func(o O) []string { return []string{property(o)} }
}

// between is met by an object with a time in a range, the end of which is included;
// nil asks for nothing.
func between[O any](r *portonev2.DateTimeRange, property func(O) *timestamppb.Timestamp) condition[O] {
	if r == nil {
		return nil
	}
	from, until := r.GetFrom().AsTime(), r.GetUntil().AsTime()
	return func(o O) bool {
		at := property(o)
		return at != nil && !at.AsTime().Before(from) && !at.AsTime().After(until)
	}
}

// dayRange reads a range of days, and returns a condition on a day that is written
// the same way; nil asks for nothing.
func dayRange[O any](member string, r *portonev2.DateRange, property func(O) string) (condition[O], error) {
	if r == nil {
		return nil, nil
	}
	days := make([]time.Time, 2)
	for i, text := range []string{r.GetFrom(), r.GetUntil()} {
		day, err := parseDay(member, text)
		if err != nil {
			return nil, err
		}
		days[i] = day
	}
	if days[1].Before(days[0]) {
		return nil, invalid("%s: ends before it begins", member)
	}
	return func(o O) bool {
		day := property(o)
		return day != "" && r.GetFrom() <= day && day <= r.GetUntil()
	}, nil
}
