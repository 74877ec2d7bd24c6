package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// check looks at the answers to one kind of call from one server. The first is
// compared in full; the others must be as long, which costs nothing. It is safe
// for concurrent use.
type check struct {
	call *call
	full func(c *call, answer []byte) error

	judging sync.Mutex   // lets one answer be the first
	length  atomic.Int64 // of an answer that is right; 0 as long as none was
}

func (k *check) answer(answer []byte) error {
	want := k.length.Load()
	if want == 0 {
		var err error
		if want, err = k.first(answer); err != nil {
			return err
		}
	}
	if int64(len(answer)) != want {
		return fmt.Errorf("%s: an answer has %d bytes, others had %d", k.call.name, len(answer), want)
	}
	return nil
}

// first compares an answer in full unless another one has been by now, and returns
// the length of the one that was.
func (k *check) first(answer []byte) (int64, error) {
	k.judging.Lock()
	defer k.judging.Unlock()
	if want := k.length.Load(); want != 0 {
		return want, nil
	}
	if err := k.full(k.call, answer); err != nil {
		return 0, err
	}
	k.length.Store(int64(len(answer)))
	return int64(len(answer)), nil
}
