package jetstream

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/portone-gateway/portone-gateway/events/store"
)

// position names a place of a stream: the sequence number, and when the stream was made,
// since one that is made anew counts from 1 again.
func position(epoch uint32, sequence uint64) string {
	var b [12]byte
	binary.BigEndian.PutUint32(b[:4], epoch)
	binary.BigEndian.PutUint64(b[4:], sequence)
	return hex.EncodeToString(b[:])
}

// sequenceOf reads a position of the stream of an epoch.
func sequenceOf(epoch uint32, text string) (uint64, error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 12 {
		return 0, store.ErrPosition
	}
	if binary.BigEndian.Uint32(b[:4]) != epoch {
		return 0, store.ErrPositionExpired
	}
	return binary.BigEndian.Uint64(b[4:]), nil
}
