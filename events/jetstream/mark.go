package jetstream

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// Mark implements store.Store.
func (s *Store) Mark(ctx context.Context, name string) ([]byte, uint64, error) {
	current, err := s.session()
	if err != nil {
		return nil, 0, err
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	entry, err := current.marks.Get(ctx, name)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, failure(err)
	}
	return entry.Value(), entry.Revision(), nil
}

// SetMark implements store.Store.
func (s *Store) SetMark(ctx context.Context, name string, value []byte, revision uint64) (bool, error) {
	current, err := s.session()
	if err != nil {
		return false, err
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	if revision == 0 {
		_, err = current.marks.Create(ctx, name, value)
	} else {
		_, err = current.marks.Update(ctx, name, value, revision)
	}
	var api *jetstream.APIError
	if errors.Is(err, jetstream.ErrKeyExists) || errors.As(err, &api) &&
		(api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		return false, nil
	}
	return err == nil, failure(err)
}
