package events

import (
	"fmt"
	"regexp"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// Limits of requests, and what stands for values that are absent.
const (
	defaultAckDeadline = time.Minute
	minAckDeadline     = time.Second
	maxAckDeadline     = time.Hour

	maxDelay    = 24 * time.Hour
	maxBackoffs = 16

	defaultOutstanding = 1000
	maxOutstanding     = 50_000

	defaultBatch = 16
	maxBatch     = 1000
	defaultPage  = 100
	maxPage      = 1000
	maxWait      = 30 * time.Second

	maxFilterValues = 64
	maxFilterValue  = 512
	maxReason       = 256
	maxEventID      = 256

	// retryAfter is when to ask again while the store cannot be used.
	retryAfter = 2 * time.Second
)

var defaultBackoff = []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}

var isName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`).MatchString

func checkName(field, name string) error {
	if !isName(name) {
		return invalid(field, "must be 1 to 64 lower-case letters, digits and hyphens, and begin with a letter")
	}
	return nil
}

// completeSubscription checks a subscription and sets defaults, so that equal wishes
// are equal settings. Output fields are dropped.
func completeSubscription(s *eventsv1.Subscription) error {
	if s == nil {
		return invalid("subscription", "is required")
	}
	s.Backlog, s.Outstanding, s.Parked, s.OldestUnacknowledged, s.Receivers = 0, 0, 0, nil, 0
	if err := checkName("subscription.name", s.GetName()); err != nil {
		return err
	}
	if err := checkFilter("subscription.filter", s.GetFilter()); err != nil {
		return err
	}
	if err := checkStart("subscription.start", s.GetStart(), false); err != nil {
		return err
	}
	if s.AckDeadline == nil {
		s.AckDeadline = durationpb.New(defaultAckDeadline)
	}
	if !within(s.AckDeadline, minAckDeadline, maxAckDeadline) {
		return invalid("subscription.ack_deadline", "must be from 1s to 1h")
	}
	if len(s.RedeliveryBackoff) == 0 {
		for _, wait := range defaultBackoff {
			s.RedeliveryBackoff = append(s.RedeliveryBackoff, durationpb.New(wait))
		}
	}
	if len(s.RedeliveryBackoff) > maxBackoffs {
		return invalid("subscription.redelivery_backoff", fmt.Sprintf("must have at most %d durations", maxBackoffs))
	}
	for i, wait := range s.RedeliveryBackoff {
		if !within(wait, 0, maxDelay) {
			return invalid(fmt.Sprintf("subscription.redelivery_backoff[%d]", i), "must be from 0s to 24h")
		}
	}
	if s.GetParkAfterAttempts() < 0 {
		return invalid("subscription.park_after_attempts", "must not be negative")
	}
	return between("subscription.max_outstanding", &s.MaxOutstanding, defaultOutstanding, maxOutstanding)
}

func within(d *durationpb.Duration, least, most time.Duration) bool {
	return d.CheckValid() == nil && d.AsDuration() >= least && d.AsDuration() <= most
}

// between checks a number, for which 0 stands for its default.
func between(field string, number *int32, standard, most int32) error {
	if *number == 0 {
		*number = standard
	}
	if *number < 0 || *number > most {
		return invalid(field, fmt.Sprintf("must be from 0 to %d", most))
	}
	return nil
}

func pageSize(size int32) (int, error) {
	err := between("page_size", &size, defaultPage, maxPage)
	return int(size), err
}

// checkWait checks how long a caller wants to wait.
func checkWait(wait *durationpb.Duration) (time.Duration, error) {
	if wait == nil {
		return 0, nil
	}
	if !within(wait, 0, maxWait) {
		return 0, invalid("wait", "must be from 0s to 30s")
	}
	return wait.AsDuration(), nil
}

func checkFilter(field string, f *eventsv1.Filter) error {
	for name, values := range map[string][]string{"types": f.GetTypes(), "store_ids": f.GetStoreIds(), "environments": f.GetEnvironments()} {
		if len(values) > maxFilterValues {
			return invalid(field+"."+name, fmt.Sprintf("must have at most %d values", maxFilterValues))
		}
		for i, value := range values {
			if value == "" || len(value) > maxFilterValue {
				return invalid(fmt.Sprintf("%s.%s[%d]", field, name, i), fmt.Sprintf("must have from 1 to %d bytes", maxFilterValue))
			}
		}
	}
	return nil
}

// checkStart checks a place in the order of arrival.
func checkStart(field string, at *eventsv1.StartAt, required bool) error {
	switch at := at.GetAt().(type) {
	case nil:
		if required {
			return invalid(field, "must have earliest, latest, position or received_at")
		}
	case *eventsv1.StartAt_Earliest:
		if !at.Earliest {
			return invalid(field+".earliest", "must be true, or absent")
		}
	case *eventsv1.StartAt_Latest:
		if !at.Latest {
			return invalid(field+".latest", "must be true, or absent")
		}
	case *eventsv1.StartAt_ReceivedAt:
		if at.ReceivedAt.CheckValid() != nil {
			return invalid(field+".received_at", "is not a time")
		}
	}
	return nil
}

func checkAckIDs(ids []string) error {
	if len(ids) == 0 || len(ids) > maxBatch {
		return invalid("ack_ids", fmt.Sprintf("must have from 1 to %d ids", maxBatch))
	}
	return nil
}
