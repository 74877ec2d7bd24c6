package world

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// lookBack is how far back a list goes that has no beginning.
const lookBack = 90 * 24 * time.Hour

// Condition is one that objects of a list have to meet.
type Condition[T any] func(T) bool

// Select returns what meets all conditions, in the order of the list.
func Select[T any](all []T, conditions []Condition[T]) []T {
	found := make([]T, 0, len(all))
	for _, object := range all {
		if !slices.ContainsFunc(conditions, func(meets Condition[T]) bool { return !meets(object) }) {
			found = append(found, object)
		}
	}
	return found
}

// During is the condition that a time of an object is in a range, both ends
// included. Absent ends are now and 90 days before the other end. A time that is
// zero, since what it is of never happened, is in no range. A range that ends before
// it begins is INVALID_REQUEST.
func During[T any](clock *Clock, from, until *timestamppb.Timestamp, at func(T) time.Time) (Condition[T], error) {
	end := clock.Now()
	if until != nil {
		end = until.AsTime()
	}
	begin := end.Add(-lookBack)
	if from != nil {
		begin = from.AsTime()
	}
	if begin.After(end) {
		return nil, Invalid("from is after until")
	}
	return func(object T) bool {
		t := at(object)
		return !t.IsZero() && !t.Before(begin) && !t.After(end)
	}, nil
}

// Arrange sorts a list, the latest first unless the order says otherwise. By is the
// time to sort by; nil where the list is in that order already, the earliest
// first. Of objects with the same time the one that came first is the earlier.
func Arrange[T any](list []T, by func(T) time.Time, order portonev2.SortOrder) {
	if by != nil {
		slices.SortStableFunc(list, func(a, b T) int { return by(a).Compare(by(b)) })
	}
	if order != portonev2.SortOrder_SORT_ORDER_ASC {
		slices.Reverse(list)
	}
}
