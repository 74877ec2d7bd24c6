package errmap

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/transcode"
)

const (
	// maxChannels is how many channels are remembered; the oldest is forgotten first.
	maxChannels = 10_000

	// maxLooks is how many channels are looked at in one answer. A page of payments
	// has a hundred, which are mostly the same few.
	maxLooks = 8

	// smallAnswer is the size of an answer, in bytes, below which one channel is looked
	// at: it is one payment.
	smallAnswer = 2048

	// maxName bounds what is remembered of a channel: its key, its store's id and
	// its PG's name, each in bytes.
	maxName = 128

	// maxBefore is how far before its PG a channel may begin to be recognized, in bytes.
	maxBefore = 512

	// seenSlots is the size of the table of channels that were seen lately.
	seenSlots = 8192
)

// Channels know the PGs of channels: from settings, and from answers of PortOne that
// name both. They remember keys of channels and ids of stores, and nothing of
// payments or people. Safe for concurrent use; neither reading nor what is learned
// twice takes a lock.
type Channels struct {
	configured map[string]string // PG by key; never changes

	learned sync.Map // key to []storePG, which never changes
	limit   int

	mu    sync.Mutex
	order []string // keys in the order in which they were learned
	count int

	seed maphash.Seed
	seen [seenSlots]atomic.Uint64 // hashes of channels as answers have them
}

// storePG is the PG of a channel in a store.
type storePG struct{ store, pg string }

// NewChannels returns channels of which only those are known that are configured:
// PortOne's name of the PG by channel key. May be nil. The error names the key.
func NewChannels(configured map[string]string) (*Channels, error) {
	for key, pg := range configured {
		if number, known := portonev2.PgProvider_value["PG_PROVIDER_"+pg]; !known || number == 0 {
			return nil, fmt.Errorf("the channel %q: PortOne knows no PG %q", key, pg)
		}
		if key == "" || strings.TrimSpace(key) != key {
			return nil, fmt.Errorf("%q is no channel key", key)
		}
	}
	return &Channels{configured: configured, limit: maxChannels, seed: maphash.MakeSeed()}, nil
}

// Lookup says which PG a channel is at. The store's id may be empty, where a request
// names none: then the PG counts if all stores that have the key agree.
func (c *Channels) Lookup(storeID, key string) PG {
	if pg := c.configured[key]; pg != "" {
		return PG{Name: pg, Confidence: portonev2.DeclineConfidence_DECLINE_CONFIDENCE_CHANNEL_CONFIGURED}
	}
	found, ok := c.learned.Load(key)
	if !ok || key == "" {
		return PG{}
	}
	name := ""
	for _, in := range found.([]storePG) {
		switch {
		case storeID != "" && in.store != storeID:
		case in.pg == "", name != "" && name != in.pg:
			return PG{}
		default:
			name = in.pg
		}
	}
	if name == "" {
		return PG{}
	}
	return PG{Name: name, Confidence: portonev2.DeclineConfidence_DECLINE_CONFIDENCE_CHANNEL_LEARNED}
}

// Len is how many channels were learned.
func (c *Channels) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

// Without the quotes before them: bytes.Index looks for the first byte, and quotes
// are everywhere.
var (
	nameOfPG       = []byte(`pgProvider":"`)
	nameOfStore    = []byte(`storeId":"`)
	nameOfChannel  = []byte(`channel":{`)
	nameOfChannels = []byte(`channels":[`)
)

// NameChannels reports whether answers of a type can name channels and their PGs,
// so that Observe learns from them.
func NameChannels(output protoreflect.MessageDescriptor) bool {
	return namesChannels(output, make(map[protoreflect.FullName]bool))
}

func namesChannels(m protoreflect.MessageDescriptor, met map[protoreflect.FullName]bool) bool {
	if m.FullName() == (*portonev2.SelectedChannel)(nil).ProtoReflect().Descriptor().FullName() {
		return true
	}
	if met[m.FullName()] {
		return false
	}
	met[m.FullName()] = true
	for i := range m.Fields().Len() {
		if fd := m.Fields().Get(i); fd.Message() != nil && namesChannels(fd.Message(), met) {
			return true
		}
	}
	return false
}

// Observe learns from an answer of PortOne, given as it came and as the message that
// it became, whose type is output. Most answers show what is known already, which
// is found out by a glance at the JSON.
func (c *Channels) Observe(output protoreflect.MessageDescriptor, json, wire []byte) {
	if !c.shows(json) || !c.mu.TryLock() { // someone else is learning; the next answer will do
		return
	}
	defer c.mu.Unlock()
	typ, err := protoregistry.GlobalTypes.FindMessageByName(output.FullName())
	if err != nil {
		return
	}
	message := typ.New()
	if proto.Unmarshal(wire, message.Interface()) != nil {
		return
	}
	c.learnFrom(message, "")
	store := storeOf(json)
	for channel := range channelsIn(json) {
		c.see(store, channel)
	}
}

// shows reports whether an answer shows a channel that was not seen lately.
func (c *Channels) shows(json []byte) bool {
	var store []byte
	looks, most := 0, maxLooks
	if len(json) < smallAnswer {
		most = 1
	}
	for channel := range channelsIn(json) {
		if looks == 0 {
			store = storeOf(json)
		}
		if c.isNew(store, channel) {
			return true
		}
		if looks++; looks == most {
			break
		}
	}
	return false
}

// channelsIn yields the text of an answer from where a channel begins to behind its
// PG. It need not be exact, but for having all of what was learned from it: it is
// only recognized, never read.
func channelsIn(json []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for {
			at := bytes.Index(json, nameOfPG)
			if at < 0 {
				return
			}
			before := json[max(at-maxBefore, 0):at]
			begin := at - len(before) + max(lastIndex(before, nameOfChannel), lastIndex(before, nameOfChannels), 0)
			end := bytes.IndexByte(json[at:], '}')
			if end < 0 {
				end = len(json) - at
			}
			if !yield(json[begin : at+end]) {
				return
			}
			json = json[at+len(nameOfPG):]
		}
	}
}

// storeOf is the first store that an answer names, in JSON.
func storeOf(json []byte) []byte {
	at := bytes.Index(json, nameOfStore)
	if at < 0 {
		return nil
	}
	id, _, _ := bytes.Cut(json[at+len(nameOfStore):], []byte{'"'})
	return id
}

// lastIndex is bytes.LastIndex, several times as fast for a text that is rarely there
// more than once.
func lastIndex(text, part []byte) int {
	last := -1
	for at := 0; ; {
		next := bytes.Index(text[at:], part)
		if next < 0 {
			return last
		}
		last = at + next
		at = last + len(part)
	}
}

// hash names a channel as an answer has it; never 0.
func (c *Channels) hash(store, channel []byte) uint64 {
	return (maphash.Bytes(c.seed, store)*31 + maphash.Bytes(c.seed, channel)) | 1
}

// isNew reports whether a channel was not seen lately.
func (c *Channels) isNew(store, channel []byte) bool {
	h := c.hash(store, channel)
	slot := h >> 32 % seenSlots
	return c.seen[slot].Load() != h && c.seen[slot^1].Load() != h
}

func (c *Channels) see(store, channel []byte) {
	if !c.isNew(store, channel) {
		return
	}
	h := c.hash(store, channel)
	slot := h >> 32 % seenSlots
	if c.seen[slot].Load() != 0 {
		slot ^= 1
	}
	c.seen[slot].Store(h)
}

// learnFrom learns the channels in a message and below, of the store that it or
// what is around it names. The lock is held.
func (c *Channels) learnFrom(m protoreflect.Message, store string) {
	if channel, ok := m.Interface().(*portonev2.SelectedChannel); ok {
		c.learn(store, channel.GetKey(), pgOf(channel))
		return
	}
	if fd := m.Descriptor().Fields().ByName("store_id"); fd != nil && fd.Kind() == protoreflect.StringKind && !fd.IsList() {
		store = m.Get(fd).String()
	}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Message() == nil || fd.IsMap():
		case fd.IsList():
			for i := range v.List().Len() {
				c.learnFrom(v.List().Get(i).Message(), store)
			}
		default:
			c.learnFrom(v.Message(), store)
		}
		return true
	})
}

// pgOf is PortOne's name of a channel's PG, also of one that the contract does not
// know yet; empty where there is none, nor a channel.
func pgOf(channel *portonev2.SelectedChannel) string {
	if channel != nil && channel.PgProvider != nil {
		return strings.TrimPrefix(channel.GetPgProvider().String(), "PG_PROVIDER_")
	}
	name, _ := transcode.Text([]byte(channel.GetUnrecognized()["pgProvider"]))
	return name
}

// learn remembers a channel. One that is said to be at two PGs is at none that is
// known. The lock is held.
func (c *Channels) learn(store, key, pg string) {
	if key == "" || pg == "" || max(len(key), len(store), len(pg)) > maxName {
		return
	}
	found, known := c.learned.Load(key)
	stores, _ := found.([]storePG)
	stores = slices.Clone(stores)
	at := slices.IndexFunc(stores, func(in storePG) bool { return in.store == store })
	switch {
	case at >= 0 && stores[at].pg == pg:
		return
	case at >= 0:
		stores[at].pg = ""
	default:
		stores = append(stores, storePG{strings.Clone(store), strings.Clone(pg)})
		c.count++
	}
	key = strings.Clone(key)
	c.learned.Store(key, stores)
	if !known {
		c.order = append(c.order, key)
	}
	for c.count > c.limit {
		c.forget(c.order[0])
		c.order = c.order[1:]
	}
}

// forget forgets a channel in all stores. That it was seen is forgotten too, or it
// could not be learned again.
func (c *Channels) forget(key string) {
	if found, known := c.learned.LoadAndDelete(key); known {
		c.count -= len(found.([]storePG))
	}
	for i := range c.seen {
		c.seen[i].Store(0)
	}
}
