package settlement

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
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

// texts reports whether one of an object's texts is as asked for.
type texts[O any] func(o O, asked func(text string) bool) bool

// only is a single text of an object.
func only[O any](text func(O) string) texts[O] {
	return func(o O, asked func(string) bool) bool { return asked(text(o)) }
}

// exactly is met by an object one of whose texts is the given one; nil asks for
// nothing.
func exactly[O any](given *string, of texts[O]) condition[O] {
	if given == nil {
		return nil
	}
	asked := func(text string) bool { return text == *given }
	return func(o O) bool { return of(o, asked) }
}

// containing is met by an object one of whose texts contains the given one; nil asks
// for nothing.
func containing[O any](given *string, of texts[O]) condition[O] {
	if given == nil {
		return nil
	}
	asked := func(text string) bool { return strings.Contains(text, *given) }
	return func(o O) bool { return of(o, asked) }
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
		return nil, world.Invalid("%s: ends before it begins", member)
	}
	return func(o O) bool {
		day := property(o)
		return day != "" && r.GetFrom() <= day && day <= r.GetUntil()
	}, nil
}
