package shop

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// instant is a time in microseconds since 1970: what of a time.Time payments
// need, in a third of its size. Zero is never.
type instant int64

// lastInstant is the last that a date-time of RFC 3339 can name.
const lastInstant = instant(253_402_300_799_999_999)

func instantOf(t time.Time) instant { return instant(t.UnixMicro()) }

func (t instant) time() time.Time { return time.UnixMicro(int64(t)).UTC() }

// timestamp is nil for never.
func (t instant) timestamp() *timestamppb.Timestamp {
	if t == 0 {
		return nil
	}
	return timestamppb.New(t.time())
}

// period is a range of time with both ends included.
type period struct{ from, until instant }

// defaultPeriod is how long before its end a list begins unless told.
const defaultPeriod = 90 * 24 * time.Hour

// periodOf reads the range of a list: until now and from 90 days before the end,
// where the request does not say.
func (s *Store) periodOf(from, until *timestamppb.Timestamp) (period, error) {
	p := period{until: s.now()}
	if until != nil {
		p.until = instantOf(until.AsTime())
	}
	p.from = p.until - instant(defaultPeriod.Microseconds())
	if from != nil {
		p.from = instantOf(from.AsTime())
	}
	if p.from > p.until {
		return period{}, world.Invalid("from is after until")
	}
	return p, nil
}

func (p period) has(t instant) bool { return p.from <= t && t <= p.until }
