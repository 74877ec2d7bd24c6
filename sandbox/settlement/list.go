package settlement

import (
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// listing is one page of a list.
type listing[O any, S comparable] struct {
	items []O
	page  *portonev2.PageInfo

	// counts are of all that meet the filter but for its statuses, as the tabs of
	// PortOne's console show them.
	counts map[S]int64
}

// list answers with a page of those objects that meet a condition and are in one of
// some statuses, the newest first. No statuses stand for any.
func list[O any, S comparable](objects []O, met condition[O], status func(O) S, statuses []S, page *portonev2.PageInput) (listing[O, S], error) {
	l := listing[O, S]{counts: make(map[S]int64)}
	var found []O
	for _, o := range slices.Backward(objects) { // in the order of creation
		if !met(o) {
			continue
		}
		l.counts[status(o)]++
		if len(statuses) == 0 || slices.Contains(statuses, status(o)) {
			found = append(found, o)
		}
	}
	var err error
	l.items, l.page, err = world.Page(found, page)
	return l, err
}

// count is the number of objects in a status.
func (l listing[O, S]) count(status S) *int64 { return world.Ptr(l.counts[status]) }
