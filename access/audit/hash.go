package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"os"
	"sync"
)

const (
	// minKey and maxKey are how long the key may be, in bytes.
	minKey = 32
	maxKey = 4096

	hashPrefix = "hmac-sha256:"
)

// Hasher turns ids into what stands for them in the audit. It is safe for concurrent
// use. However it is printed, it does not show its key.
type Hasher struct{ macs *sync.Pool }

// NewHasher returns a hasher with a key, which must have at least 32 bytes without the
// white space around it.
func NewHasher(key []byte) (*Hasher, error) {
	key = bytes.Clone(bytes.TrimSpace(key))
	if len(key) < minKey || len(key) > maxKey {
		return nil, fmt.Errorf("the audit key must have %d to %d bytes, as from: openssl rand -hex 32", minKey, maxKey)
	}
	return &Hasher{&sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}, nil
}

// ReadHasher returns a hasher with the key in a file.
func ReadHasher(path string) (*Hasher, error) {
	key, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	h, err := NewHasher(key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

// Hash is what stands for an id: the same for the same id and key, whatever field it is
// in.
func (h *Hasher) Hash(id string) string {
	mac := h.macs.Get().(hash.Hash)
	defer h.macs.Put(mac)
	mac.Reset()
	mac.Write([]byte(id))
	var sum [sha256.Size]byte
	return hashPrefix + hex.EncodeToString(mac.Sum(sum[:0]))
}
