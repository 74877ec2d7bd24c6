package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

const (
	// readBatch is how many messages are read at a time, and readBytes how much.
	readBatch = 256
	readBytes = 2 << 20
	// pollEvery is how often the end of the stream is looked at for somebody who waits.
	pollEvery = 200 * time.Millisecond
)

// getRequest asks a stream for messages, by the "direct get" of its servers, which
// needs no consumer.
type getRequest struct {
	Seq       uint64     `json:"seq,omitempty"`
	StartTime *time.Time `json:"start_time,omitempty"`
	NextFor   string     `json:"next_by_subj,omitempty"`
	Batch     int        `json:"batch"`
	MaxBytes  int        `json:"max_bytes,omitempty"`
}

// message is one of a stream.
type message struct {
	subject  string
	sequence uint64
	at       time.Time
	header   nats.Header
	data     []byte
}

// Statuses of answers.
const (
	statusEnd      = "204"
	statusNotFound = "404"
)

// get reads a batch of messages, in their order. More reports whether there are others
// after them.
func (s *session) get(ctx context.Context, stream string, request getRequest) (messages []message, more bool, err error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, false, err
	}
	inbox := s.nc.NewInbox()
	answers, err := s.nc.SubscribeSync(inbox)
	if err != nil {
		return nil, false, failure(err)
	}
	defer func() { _ = answers.Unsubscribe() }()
	if err := s.nc.PublishRequest("$JS.API.DIRECT.GET."+stream, inbox, body); err != nil {
		return nil, false, failure(err)
	}
	for {
		answer, err := answers.NextMsgWithContext(ctx)
		if err != nil {
			return nil, false, failure(err)
		}
		switch status := answer.Header.Get("Status"); status {
		case "":
			m, err := readMessage(answer)
			if err != nil {
				return nil, false, err
			}
			messages = append(messages, m)
		case statusEnd:
			return messages, answer.Header.Get("Nats-Num-Pending") != "0", nil
		case statusNotFound:
			return nil, false, nil
		default:
			return nil, false, fmt.Errorf("%w: reading ended with status %s %s", store.ErrUnavailable, status, answer.Header.Get("Description"))
		}
	}
}

func readMessage(answer *nats.Msg) (message, error) {
	sequence, err1 := strconv.ParseUint(answer.Header.Get(jetstream.SequenceHeader), 10, 64)
	at, err2 := time.Parse(time.RFC3339Nano, answer.Header.Get(jetstream.TimeStampHeaer))
	if err := errors.Join(err1, err2); err != nil {
		return message{}, fmt.Errorf("%w: an answer in no known form: %w", store.ErrUnavailable, err)
	}
	return message{answer.Header.Get(jetstream.SubjectHeader), sequence, at, answer.Header, answer.Data}, nil
}

// record reads the record of a message.
func (m *message) record(epoch uint32) (*store.Record, error) {
	r, err := decode(m.data)
	if err != nil {
		return nil, err
	}
	r.Position, r.ReceivedAt, r.Traceparent = position(epoch, m.sequence), m.at, m.header.Get(headerTrace)
	return r, nil
}

// start finds where to begin: a sequence number, or a time.
func (s *session) start(ctx context.Context, at *eventsv1.StartAt) (getRequest, error) {
	switch at := at.GetAt().(type) {
	case *eventsv1.StartAt_Latest:
		info, err := s.events.Info(ctx)
		if err != nil {
			return getRequest{}, failure(err)
		}
		return getRequest{Seq: info.State.LastSeq + 1}, nil
	case *eventsv1.StartAt_Position:
		sequence, err := sequenceOf(s.epoch, at.Position)
		if err != nil {
			return getRequest{}, err
		}
		info, err := s.events.Info(ctx)
		if err != nil {
			return getRequest{}, failure(err)
		}
		if sequence+1 < info.State.FirstSeq {
			return getRequest{}, store.ErrPositionExpired
		}
		return getRequest{Seq: sequence + 1}, nil
	case *eventsv1.StartAt_ReceivedAt:
		t := at.ReceivedAt.AsTime()
		return getRequest{StartTime: &t}, nil
	}
	return getRequest{Seq: 1}, nil
}

// List implements store.Store.
func (s *Store) List(ctx context.Context, q store.Query) (*store.Page, error) {
	current, err := s.session()
	if err != nil {
		return nil, err
	}
	filters, err := s.names.filters(q.Filter)
	if err != nil {
		return nil, err
	}
	begin, cancel := s.bound(ctx)
	request, err := current.start(begin, q.After)
	cancel()
	if err != nil {
		return nil, err
	}
	if request.StartTime != nil { // so that an empty page has a position to go on from
		if request.Seq, err = s.sequenceAt(ctx, current, *request.StartTime); err != nil {
			return nil, err
		}
		request.StartTime = nil
	}
	l := listing{store: s, session: current, query: q, filters: filters, next: request.Seq}
	deadline := time.Now().Add(q.Wait)
	for {
		if err := l.read(ctx); err != nil {
			return nil, err
		}
		if len(l.page.Records) > 0 || !l.page.AtEnd || !time.Now().Before(deadline) || !sleep(ctx, pollEvery) {
			l.page.Next = position(current.epoch, l.next-1)
			return &l.page, nil
		}
	}
}

// listing is the making of a page.
type listing struct {
	store   *Store
	session *session
	query   store.Query
	filters []string
	next    uint64 // sequence number to go on with
	looked  int
	bytes   int // of bodies on the page
	page    store.Page
}

// read reads on, until the page is full, enough was looked at, or the stream ends.
func (l *listing) read(ctx context.Context) error {
	subject := l.store.names.allEvents()
	if len(l.filters) == 1 {
		subject = l.filters[0]
	}
	for !l.full() && l.looked < l.query.Scan {
		ctx, cancel := l.store.bound(ctx)
		messages, more, err := l.session.get(ctx, l.store.names.events(), getRequest{Seq: l.next, NextFor: subject, Batch: readBatch, MaxBytes: readBytes})
		cancel()
		if err != nil {
			return err
		}
		for i := range messages {
			if l.full() {
				return nil
			}
			l.looked++
			l.next = messages[i].sequence + 1
			if err := l.take(&messages[i]); err != nil {
				return err
			}
		}
		if !more {
			l.page.AtEnd = true
			return nil
		}
	}
	return nil
}

// take adds a message to the page, if it is wanted.
func (l *listing) take(m *message) error {
	if !matches(l.filters, m.subject) {
		return nil
	}
	r, err := m.record(l.session.epoch)
	if err != nil {
		return err
	}
	if l.query.Match == nil || l.query.Match(r) {
		l.page.Records = append(l.page.Records, r)
		l.bytes += len(r.Body)
	}
	return nil
}

// full reports whether nothing more goes on the page.
func (l *listing) full() bool {
	return len(l.page.Records) >= l.query.Limit || l.query.Bytes > 0 && l.bytes >= l.query.Bytes
}

// sequenceAt finds the first message stored at a time or later; where there is none,
// the next that will be.
func (s *Store) sequenceAt(ctx context.Context, current *session, at time.Time) (uint64, error) {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	messages, _, err := current.get(ctx, s.names.events(), getRequest{StartTime: &at, NextFor: string(s.names) + ".>", Batch: 1})
	if err != nil {
		return 0, err
	}
	if len(messages) > 0 {
		return messages[0].sequence, nil
	}
	info, err := current.events.Info(ctx)
	if err != nil {
		return 0, failure(err)
	}
	return info.State.LastSeq + 1, nil
}

// Find implements store.Store.
func (s *Store) Find(ctx context.Context, id, where string) (*store.Record, error) {
	current, err := s.session()
	if err != nil {
		return nil, err
	}
	request := getRequest{Seq: 1, NextFor: s.names.allEvents(), Batch: readBatch, MaxBytes: readBytes}
	if where != "" {
		if request.Seq, err = sequenceOf(current.epoch, where); err != nil {
			return nil, err
		}
		request.Batch = 1
	}
	for {
		messages, more, err := current.get(ctx, s.names.events(), request)
		if err != nil {
			return nil, err
		}
		for i := range messages {
			if messages[i].header.Get(jetstream.MsgIDHeader) == id {
				return messages[i].record(current.epoch)
			}
			request.Seq = messages[i].sequence + 1
		}
		if !more || where != "" {
			return nil, store.ErrNoEvent
		}
	}
}

// Usage implements store.Store.
func (s *Store) Usage(ctx context.Context) (store.Usage, error) {
	current, err := s.session()
	if err != nil {
		return store.Usage{}, err
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	info, err := current.events.Info(ctx)
	if err != nil {
		return store.Usage{}, failure(err)
	}
	usage := store.Usage{Events: info.State.Msgs, Bytes: info.State.Bytes, MaxBytes: uint64(info.Config.MaxBytes), Unreadable: s.unreadable.Load()}
	if info.State.Msgs > 0 {
		usage.Oldest = info.State.FirstTime
	}
	return usage, nil
}
