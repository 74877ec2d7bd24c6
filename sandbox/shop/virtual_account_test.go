package shop

import (
	"math"
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// TestDeadlines issues accounts for as long as a date-time can tell, and for no
// longer.
func TestDeadlines(t *testing.T) {
	last := int32((lastInstant.time().Unix() - opening.Unix()) / 3600)
	tests := []struct {
		name  string
		hours int32
		taken bool
	}{
		{"an hour", 1, true},
		{"longer than a time.Duration", 300 * 366 * 24, true},
		{"until 9999", last, true},
		{"beyond 9999", last + 1, false},
		{"as long as can be said", math.MaxInt32, false},
		{"nothing", 0, false},
		{"less than nothing", -1, false},
		{"much less than nothing", math.MinInt32, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, w := open()
			if !test.taken {
				refused(t, s.PayInstantly, byAccount("p", 1000, test.hours), portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST)
				return
			}
			do(t, s.PayInstantly, byAccount("p", 1000, test.hours))
			want := time.Unix(opening.Unix()+int64(test.hours)*3600, int64(opening.Nanosecond()))
			got := get(t, s, "p").GetVirtualAccountIssued().GetMethod().GetPaymentMethodVirtualAccount().GetExpiredAt().AsTime()
			if !got.Equal(want) {
				t.Errorf("expires at %v, want %v", got, want)
			}
			w.Clock.MoveTo(want.Add(-time.Second))
			if get(t, s, "p").GetVirtualAccountIssued() == nil {
				t.Errorf("is over before")
			}
			w.Clock.MoveTo(want)
			if get(t, s, "p").GetFailed() == nil {
				t.Errorf("is not over then")
			}
		})
	}
}
