package settlement

import (
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// listing is a page of a list whose objects have a status.
type listing[O any, S comparable] struct {
	items []O
	info  *portonev2.PageInfo

	// counts are of all that meet the filter but for its statuses, as the tabs of
	// PortOne's console show them.
	counts map[S]int64
}

// list answers with a page of those objects that meet a condition and are in one of
// some statuses, the newest first. No statuses stand for any.
func list[O any, S comparable](objects []O, met condition[O], status func(O) S, statuses []S, input *portonev2.PageInput) (listing[O, S], error) {
	page, err := world.NewPager[O](input)
	if err != nil {
		return listing[O, S]{}, err
	}
	l := listing[O, S]{counts: make(map[S]int64)}
	for _, o := range slices.Backward(objects) { // in the order of creation
		if !met(o) {
			continue
		}
		l.counts[status(o)]++
		if len(statuses) == 0 || slices.Contains(statuses, status(o)) {
			page.Add(o)
		}
	}
	l.items, l.info = page.Result()
	return l, nil
}

// count is the number of objects in a status.
func (l listing[O, S]) count(status S) *int64 { return world.Ptr(l.counts[status]) }
