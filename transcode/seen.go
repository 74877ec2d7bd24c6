package transcode

import (
	"hash/maphash"
	"slices"
)

// fieldSet is a set of the fields of one message.
type fieldSet [maxFields / 64]uint64

func (s *fieldSet) has(i uint16) bool { return s[i>>6]&(1<<(i&63)) != 0 }

// add adds a field, and reports whether it is new.
func (s *fieldSet) add(i uint16) bool {
	bit := uint64(1) << (i & 63)
	isNew := s[i>>6]&bit == 0
	s[i>>6] |= bit
	return isNew
}

// nameStack holds the names of the members of all objects that are open and have
// names that no field has, to find duplicates. Objects nest, so that it is a
// stack: begin an object, add its names, end it.
//
// Few names are compared one by one; many are put into a hash table, so that an object
// with a million members takes time in proportion. The tables stand one behind the
// other in one slice: only that of the object that was opened last can grow.
type nameStack struct {
	names  []nameRange
	text   []byte
	slots  []uint32    // of all tables, see slotOf
	tables []nameIndex // of the open objects that have many names
}

// nameRange is where a name is in text, which is never over maxSize.
type nameRange struct{ start, end uint32 }

func (r nameRange) in(text []byte) []byte { return text[r.start:r.end] }

// nameIndex is the hash table of an object, in slots from base on.
type nameIndex struct{ object, base int }

const (
	fewNames = 24

	// leastSlots is how long a table is at first; a table is half empty at least.
	leastSlots = 64

	// keptText and keptNames are how much of a stack is kept for the next document, for
	// as long as a sync.Pool keeps it: what a body of 4 MiB can need, so that such bodies,
	// one after the other, make no garbage of it.
	keptText, keptNames = 4 << 20, 1 << 20
)

// nameSeed is the process's own, so that no one can choose names that collide.
var nameSeed = maphash.MakeSeed()

func (s *nameStack) reset() {
	s.names, s.text, s.slots, s.tables = s.names[:0], s.text[:0], s.slots[:0], s.tables[:0]
}

// large reports whether the stack has become too large to be kept.
func (s *nameStack) large() bool {
	return cap(s.text) > keptText || cap(s.names) > keptNames || cap(s.slots) > 4*keptNames
}

// begin opens an object.
func (s *nameStack) begin() (object int) { return len(s.names) }

// end closes the object that was opened last.
func (s *nameStack) end(object int) {
	if object == len(s.names) {
		return
	}
	s.text = s.text[:s.names[object].start]
	s.names = s.names[:object]
	if n := len(s.tables); n > 0 && s.tables[n-1].object == object {
		s.slots = s.slots[:s.tables[n-1].base]
		s.tables = s.tables[:n-1]
	}
}

// add adds a name to the object, and reports whether it is new there.
func (s *nameStack) add(object int, name []byte) bool {
	count := len(s.names) - object
	if count < fewNames {
		for _, r := range s.names[object:] {
			if string(s.text[r.start:r.end]) == string(name) {
				return false
			}
		}
	} else if !s.index(s.table(object, count+1), name, len(s.names)) {
		return false
	}
	if len(s.text)+len(name) > cap(s.text) { // append would come to it five times as often, and copy
		s.text = slices.Grow(s.text, max(len(s.text), len(name)))
	}
	start := uint32(len(s.text))
	s.text = append(s.text, name...)
	s.names = append(s.names, nameRange{start, uint32(len(s.text))})
	return true
}

// slotOf is what stands in a table for a name at a place of the stack, of which there
// are fewer than 2^24 in maxSize: the place and 1, since 0 is an empty slot, and eight
// bits of the hash, so that few names must be looked at that are not equal.
func slotOf(hash uint64, place int) uint32 { return uint32(place+1)<<8 | uint32(hash>>56) }

// index puts a name, which is or will be at that place of the stack, into the table of
// its object, unless that has it already.
func (s *nameStack) index(table []uint32, name []byte, place int) bool {
	hash := maphash.Bytes(nameSeed, name)
	slot, mask := slotOf(hash, place), uint64(len(table)-1)
	i := hash & mask
	for ; table[i] != 0; i = (i + 1) & mask {
		if at := table[i]; (at^slot)&0xff == 0 && string(s.name(int(at>>8)-1)) == string(name) {
			return false
		}
	}
	table[i] = slot
	return true
}

// table returns the table of an object, with room for so many names. It is made when
// it is first needed, and doubles from there.
func (s *nameStack) table(object, count int) []uint32 {
	if n := len(s.tables); n == 0 || s.tables[n-1].object != object {
		s.tables = append(s.tables, nameIndex{object, len(s.slots)})
	}
	base := s.tables[len(s.tables)-1].base
	old := len(s.slots) - base
	if 2*count <= old {
		return s.slots[base:]
	}
	size := max(2*old, leastSlots)
	s.names = slices.Grow(s.names, size/2-count+1)
	s.slots = slices.Grow(s.slots[:base], size)[:base+size]
	table := s.slots[base:]
	clear(table)
	for place := object; place < len(s.names); place++ {
		s.index(table, s.name(place), place)
	}
	return table
}

// last returns the place of the name that was added last, for name.
func (s *nameStack) last() int { return len(s.names) - 1 }

// name returns a name that was added to an object that is still open.
func (s *nameStack) name(i int) []byte { return s.names[i].in(s.text) }
