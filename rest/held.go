package rest

import "sync/atomic"

// maxHeld is how many bytes the answers may have, all together, that callers have not
// read yet.
const maxHeld = 256 << 20

// held counts the bytes of answers that are being written. It is safe for concurrent
// use.
type held struct {
	limit int64 // normally maxHeld
	bytes atomic.Int64
}

// take counts an answer, and reports whether there is room for it.
func (h *held) take(size int) bool { return h.bytes.Add(int64(size)) <= h.limit }

// give ends that.
func (h *held) give(size int) { h.bytes.Add(-int64(size)) }

// full reports whether there is no room at all.
func (h *held) full() bool { return h.bytes.Load() >= h.limit }

// Held is how many bytes the answers have that callers have not read yet.
func (h *Handler) Held() int64 { return h.held.bytes.Load() }
