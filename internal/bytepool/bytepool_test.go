package bytepool

import "testing"

func TestGet(t *testing.T) {
	var pool Pool
	for _, length := range []int{0, 1, 512, 513, 4096, 4097, 1 << 20, 1<<25 - 1, 1 << 25, 1<<25 + 1} {
		for range 2 { // fresh, then perhaps a used one
			b := pool.Get(length)
			if len(*b) != length {
				t.Fatalf("Get(%d) has %d bytes", length, len(*b))
			}
			pool.Put(b)
		}
	}
}

// TestOddSizes puts slices that append has made, whose sizes are no class's: none
// may come back for more than it holds.
func TestOddSizes(t *testing.T) {
	var pool Pool
	for size := range 3000 {
		b := make([]byte, size)
		pool.Put(&b)
		for _, length := range []int{size / 2, size, size + 1} {
			if got := pool.Get(length); len(*got) != length {
				t.Fatalf("after Put of %d bytes, Get(%d) has %d", size, length, len(*got))
			}
		}
	}
}
