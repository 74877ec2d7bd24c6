package settlement

import (
	"slices"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// page collects one page of a list that is gone through once, and counts the rest:
// lists may be long.
type page[O any] struct {
	items []O
	info  *portonev2.PageInfo

	from, to int64 // what of the list is on the page
	seen     int64
}

// newPage refuses a page that PortOne does not serve.
func newPage[O any](input *portonev2.PageInput) (*page[O], error) {
	_, info, err := world.Page[O](nil, input)
	if err != nil {
		return nil, err
	}
	from := int64(info.GetNumber()) * int64(info.GetSize())
	return &page[O]{info: info, from: from, to: from + int64(info.GetSize())}, nil
}

// add takes the next object of the list.
func (p *page[O]) add(o O) {
	if p.from <= p.seen && p.seen < p.to {
		p.items = append(p.items, o)
	}
	p.seen++
	*p.info.TotalCount = int32(p.seen)
}

// listing is a page of a list whose objects have a status.
type listing[O any, S comparable] struct {
	*page[O]

	// counts are of all that meet the filter but for its statuses, as the tabs of
	// PortOne's console show them.
	counts map[S]int64
}

// list answers with a page of those objects that meet a condition and are in one of
// some statuses, the newest first. No statuses stand for any.
func list[O any, S comparable](objects []O, met condition[O], status func(O) S, statuses []S, input *portonev2.PageInput) (listing[O, S], error) {
	page, err := newPage[O](input)
	if err != nil {
		return listing[O, S]{}, err
	}
	l := listing[O, S]{page, make(map[S]int64)}
	for _, o := range slices.Backward(objects) { // in the order of creation
		if !met(o) {
			continue
		}
		l.counts[status(o)]++
		if len(statuses) == 0 || slices.Contains(statuses, status(o)) {
			l.add(o)
		}
	}
	return l, nil
}

// count is the number of objects in a status.
func (l listing[O, S]) count(status S) *int64 { return world.Ptr(l.counts[status]) }
