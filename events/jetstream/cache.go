package jetstream

import (
	"context"
	"sync"
	"time"
)

// cacheFor is how long a subscription is remembered: a change at another gateway is
// noticed that much later.
const cacheFor = 2 * time.Second

// cache remembers subscriptions, since every delivery and every ack looks at one.
type cache struct {
	mu   sync.Mutex
	subs map[string]cached
}

type cached struct {
	sub *subscription
	at  time.Time
}

func (c *cache) get(name string) *subscription {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, ok := c.subs[name]; ok && time.Since(found.at) < cacheFor {
		return found.sub
	}
	return nil
}

func (c *cache) put(name string, sub *subscription) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.subs == nil || len(c.subs) > 2*maxSubscriptions {
		c.subs = make(map[string]cached)
	}
	c.subs[name] = cached{sub, time.Now()}
}

func (c *cache) forget(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.subs, name)
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.subs = nil
}

// subscription returns a subscription, as it was within the last seconds.
func (s *Store) subscription(ctx context.Context, current *session, name string) (*subscription, error) {
	if sub := s.cache.get(name); sub != nil {
		return sub, nil
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	consumer, err := current.events.Consumer(ctx, name)
	if err != nil {
		return nil, failure(err)
	}
	sub, err := s.names.readSubscription(consumer.CachedInfo().Config)
	if err != nil {
		return nil, err
	}
	s.cache.put(name, sub)
	return sub, nil
}
