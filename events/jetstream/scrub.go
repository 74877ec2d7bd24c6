package jetstream

import (
	"context"
	"time"
)

const (
	// scrubEvery is how often all events are read, to see whether they can be.
	scrubEvery = 24 * time.Hour
	// scrubPause is how long to wait after each batch: the disk has better things to do.
	scrubPause = 20 * time.Millisecond
)

// scrub reads all events of an embedded store when it was opened, and then every day. The
// server passes over one that the disk has damaged, in silence: it would be delivered to
// no one, and no one would know.
func (s *Store) scrub(ctx context.Context, current *session) {
	for {
		unreadable, err := s.countUnreadable(ctx, current)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.opts.Logger.Warn("stored events could not all be looked at", "problem", err.Error())
		default:
			s.unreadable.Store(unreadable)
		}
		if unreadable > 0 {
			s.opts.Logger.Error("stored events cannot be read any more: the disk has damaged them. Those of the last day about payments come again from PortOne's record", "events", unreadable)
		}
		if !sleep(ctx, scrubEvery) {
			return
		}
	}
}

// countUnreadable counts the sequence numbers without a message. Nothing here deletes
// messages but their age, which begins at the first.
func (s *Store) countUnreadable(ctx context.Context, current *session) (unreadable uint64, err error) {
	info, err := current.events.Info(ctx)
	if err != nil || info.State.Msgs == 0 {
		return 0, err
	}
	next, last := info.State.FirstSeq, info.State.LastSeq
	for next <= last {
		within, cancel := s.bound(ctx)
		messages, _, err := current.get(within, s.names.events(), getRequest{Seq: next, NextFor: string(s.names) + ".>", Batch: readBatch, MaxBytes: readBytes})
		cancel()
		if err != nil {
			return 0, err
		}
		if len(messages) == 0 { // none from here on
			return unreadable + s.lost(ctx, current, next, last+1), nil
		}
		for i := range messages {
			if sequence := messages[i].sequence; sequence > next {
				unreadable += s.lost(ctx, current, next, min(sequence, last+1))
			}
			next = messages[i].sequence + 1
		}
		if !sleep(ctx, scrubPause) {
			return 0, ctx.Err()
		}
	}
	return unreadable, nil
}

// lost is how many sequence numbers from one to before another are not merely too old
// by now.
func (s *Store) lost(ctx context.Context, current *session, from, before uint64) uint64 {
	if info, err := current.events.Info(ctx); err == nil && info.State.FirstSeq > from {
		from = info.State.FirstSeq
	}
	if from >= before {
		return 0
	}
	return before - from
}
