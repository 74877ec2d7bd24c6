package world

import (
	"iter"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

const (
	// defaultPage is the size of a page whose size is not said.
	defaultPage = 10

	// reachable is how many objects of a list can be reached by page.
	reachable = 60_000
)

// Page cuts a page out of a list that is filtered and sorted. Absent input means
// the first ten. A page behind the end is empty; one that PortOne does not
// serve is INVALID_REQUEST.
func Page[T any](all []T, input *portonev2.PageInput) ([]T, *portonev2.PageInfo, error) {
	p, err := NewPager[T](input)
	if err != nil {
		return nil, nil, err
	}
	count := int64(len(all))
	p.info.TotalCount = Ptr(int32(count))
	return all[min(p.from, count):min(p.to, count)], p.info, nil
}

// PageOf is Page for a list that is gone through without being kept: it may be
// long.
func PageOf[T any](all iter.Seq[T], input *portonev2.PageInput) ([]T, *portonev2.PageInfo, error) {
	p, err := NewPager[T](input)
	if err != nil {
		return nil, nil, err
	}
	for next := range all {
		p.Add(next)
	}
	items, info := p.Result()
	return items, info, nil
}

// Pager is PageOf for a list that comes one by one: it keeps what is on the page,
// and counts the rest.
type Pager[T any] struct {
	items    []T
	info     *portonev2.PageInfo
	from, to int64 // what of the list is on the page
	seen     int64
}

// NewPager reads which page is asked for. One that PortOne does not serve is
// INVALID_REQUEST.
func NewPager[T any](input *portonev2.PageInput) (*Pager[T], error) {
	number, size := int64(input.GetNumber()), int64(defaultPage)
	if input != nil && input.Size != nil {
		size = int64(*input.Size)
	}
	if number < 0 || size < 1 || (number+1)*size > reachable {
		return nil, Invalid("page: number must be at least 0, size at least 1, and (number + 1) * size at most %d", reachable)
	}
	return &Pager[T]{
		info: &portonev2.PageInfo{Number: Ptr(int32(number)), Size: Ptr(int32(size)), TotalCount: Ptr(int32(0))},
		from: number * size, to: (number + 1) * size,
	}, nil
}

// Add takes the next object of the list.
func (p *Pager[T]) Add(next T) {
	if p.from <= p.seen && p.seen < p.to {
		p.items = append(p.items, next)
	}
	p.seen++
}

// Result is the page, once the list is at its end.
func (p *Pager[T]) Result() ([]T, *portonev2.PageInfo) {
	*p.info.TotalCount = int32(p.seen)
	return p.items, p.info
}
