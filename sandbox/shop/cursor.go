package shop

import (
	"context"
	"encoding/base64"
	"sort"
	"strconv"
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Sizes of what one call of a cursor list answers.
const (
	defaultStretch = 10
	maxStretch     = 1000
)

// stretch is the part of a list that a call asks for. Lists by cursor only ever
// grow at their end, so a place in one never changes.
type stretch struct {
	list string // what the list holds: a cursor does for its own list only
	from int
	size int
}

// readCursor reads where a call goes on and how far.
func readCursor(list string, cursor *string, size *int32) (stretch, error) {
	part := stretch{list: list, size: defaultStretch}
	if size != nil {
		part.size = int(*size)
	}
	if part.size < 1 || part.size > maxStretch {
		return part, world.Invalid("size must be 1 to %d", maxStretch)
	}
	if cursor == nil {
		return part, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*cursor)
	place, found := strings.CutPrefix(string(raw), list+" ")
	last, badNumber := strconv.ParseUint(place, 10, 31)
	if err != nil || !found || badNumber != nil {
		return part, world.Invalid("cursor is none of this list")
	}
	part.from = int(last) + 1
	return part, nil
}

// cursor is what leads on from a place.
func (p stretch) cursor(place int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(p.list + " " + strconv.Itoa(place)))
}

// GetAllPaymentsByCursor implements PaymentServiceServer.
func (s *Store) GetAllPaymentsByCursor(_ context.Context, req *portonev2.GetAllPaymentsByCursorRequest) (*portonev2.GetAllPaymentsByCursorResponse, error) {
	when, err := s.periodOf(req.From, req.Until)
	if err != nil {
		return nil, err
	}
	part, err := readCursor("payment", req.Cursor, req.Size)
	if err != nil {
		return nil, err
	}
	created, store := s.payments.created, world.StoreOf(req.StoreId)
	first := sort.Search(len(created), func(i int) bool { return created[i].created >= when.from })
	answer := &portonev2.GetAllPaymentsByCursorResponse{}
	for i := max(first, part.from); i < len(created) && created[i].created <= when.until && len(answer.Items) < part.size; i++ {
		if created[i].storeID == store {
			answer.Items = append(answer.Items, &portonev2.PaymentWithCursor{
				Payment: showPayment(created[i]), Cursor: world.Ptr(part.cursor(i)),
			})
		}
	}
	return answer, nil
}
