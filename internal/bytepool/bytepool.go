// Package bytepool keeps byte slices for reuse, sorted by size. A payment costs a
// few microseconds on its way through the gateway; one fresh buffer for a page of
// a hundred of them costs more than that to clear and to collect.
package bytepool

import (
	"math/bits"
	"sync"
)

const (
	smallest = 9  // 512 bytes
	largest  = 25 // 32 MiB
)

// Pool is a pool of slices. The zero value is ready to use. It is safe for
// concurrent use, and implements google.golang.org/grpc/mem.BufferPool.
type Pool struct {
	classes [largest - smallest + 1]sync.Pool // of *[]byte with at least 1<<(smallest+i) bytes
}

// Shared is the pool of the whole process.
var Shared Pool

// Get returns a slice of the given length. What it holds is undefined.
func (p *Pool) Get(length int) *[]byte {
	class := classFor(length)
	if class >= len(p.classes) {
		b := make([]byte, length)
		return &b
	}
	if b, ok := p.classes[class].Get().(*[]byte); ok {
		*b = (*b)[:length]
		return b
	}
	b := make([]byte, length, 1<<(smallest+class))
	return &b
}

// Put gives a slice back, also one that append has made of it. The caller must
// not use it after.
func (p *Pool) Put(b *[]byte) {
	class := bits.Len(uint(cap(*b))) - 1 - smallest // the largest class that it can serve
	if class < 0 {
		return
	}
	if class < len(p.classes) {
		p.classes[class].Put(b)
	}
}

// classFor is the smallest class with slices of that length.
func classFor(length int) int {
	if length <= 1<<smallest {
		return 0
	}
	return bits.Len(uint(length-1)) - smallest
}
