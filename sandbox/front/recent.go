package front

import "time"

// recent is a map that forgets: an entry lives for a certain time on the sandbox's
// clock, from when it was added or, if it was held, from when it was let go. It is
// not safe for concurrent use.
type recent[V any] struct {
	life    time.Duration
	entries map[string]V
	queue   []birth // oldest first, since the clock does not go back
}

type birth struct {
	key string
	at  time.Time
}

func newRecent[V any](life time.Duration) *recent[V] {
	return &recent[V]{life: life, entries: make(map[string]V)}
}

// get returns the entry of a key that is not too old at a time.
func (r *recent[V]) get(key string, now time.Time) (V, bool) {
	r.forget(now)
	v, ok := r.entries[key]
	return v, ok
}

// add adds an entry for a key that has none.
func (r *recent[V]) add(key string, v V, now time.Time) {
	r.hold(key, v)
	r.letGo(key, now)
}

// hold adds an entry that is not forgotten before it is let go.
func (r *recent[V]) hold(key string, v V) { r.entries[key] = v }

// letGo has an entry age from now on.
func (r *recent[V]) letGo(key string, now time.Time) {
	r.queue = append(r.queue, birth{key, now})
}

// forget drops what is too old.
func (r *recent[V]) forget(now time.Time) {
	n := 0
	for n < len(r.queue) && now.Sub(r.queue[n].at) >= r.life {
		delete(r.entries, r.queue[n].key)
		n++
	}
	if r.queue = r.queue[n:]; len(r.queue) == 0 {
		r.queue = nil
	}
}
