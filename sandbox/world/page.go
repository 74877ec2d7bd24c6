package world

import (
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
	number, size := int64(input.GetNumber()), int64(defaultPage)
	if input != nil && input.Size != nil {
		size = int64(*input.Size)
	}
	if number < 0 || size < 1 || (number+1)*size > reachable {
		return nil, nil, Invalid(
			"page: number must be at least 0, size at least 1, and (number + 1) * size at most %d", reachable)
	}
	from := min(number*size, int64(len(all)))
	to := min(from+size, int64(len(all)))
	return all[from:to], &portonev2.PageInfo{
		Number:     Ptr(int32(number)),
		Size:       Ptr(int32(size)),
		TotalCount: Ptr(int32(len(all))),
	}, nil
}
