package world

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// IDs makes ids and other made-up texts. They look random, and are the same in
// every run that makes them from the same seed in the same order.
type IDs struct {
	seed  string
	count map[string]uint64
}

// NewIDs starts from the beginning. Any text is a seed.
func NewIDs(seed string) *IDs { return &IDs{seed, make(map[string]uint64)} }

// UUID makes an id in the form of a UUID. Each kind, such as "transaction", counts
// for itself.
func (g *IDs) UUID(kind string) string {
	b := g.next(kind)
	b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80 // version 7, variant of RFC 9562
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// Digits makes a text of n decimal digits, such as an approval or account number.
func (g *IDs) Digits(kind string, n int) string {
	digits := make([]byte, 0, n)
	for len(digits) < n {
		b := g.next(kind)
		for _, c := range b {
			if len(digits) < n {
				digits = append(digits, '0'+c%10)
			}
		}
	}
	return string(digits)
}

// Number is the next of 1, 2, 3, ... of its kind.
func (g *IDs) Number(kind string) uint64 {
	g.count[kind]++
	return g.count[kind]
}

func (g *IDs) next(kind string) [32]byte {
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], g.Number(kind))
	return sha256.Sum256(append([]byte("portone-gateway sandbox "+g.seed+kind), number[:]...))
}
