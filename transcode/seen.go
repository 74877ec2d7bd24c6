package transcode

// fieldSet is a set of the fields of one message.
type fieldSet [maxFields / 64]uint64

func (s *fieldSet) has(i uint16) bool { return s[i>>6]&(1<<(i&63)) != 0 }

// add adds a field, and tells whether it is new.
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
// Few names are compared one by one; many are put into a set, so that an object
// with a million members takes time in proportion.
type nameStack struct {
	names []nameRange
	text  []byte
	sets  []nameSet // of the open objects that have many names
}

type nameRange struct{ start, end int }

type nameSet struct {
	object int
	names  map[string]struct{}
}

const fewNames = 24

func (s *nameStack) reset() { s.names, s.text, s.sets = s.names[:0], s.text[:0], nil }

// begin opens an object.
func (s *nameStack) begin() (object int) { return len(s.names) }

// end closes the object that was opened last.
func (s *nameStack) end(object int) {
	if object == len(s.names) {
		return
	}
	s.text = s.text[:s.names[object].start]
	s.names = s.names[:object]
	if n := len(s.sets); n > 0 && s.sets[n-1].object == object {
		s.sets = s.sets[:n-1]
	}
}

// add adds a name to the object, and tells whether it is new there.
func (s *nameStack) add(object int, name []byte) bool {
	if len(s.names)-object < fewNames {
		for _, r := range s.names[object:] {
			if string(s.text[r.start:r.end]) == string(name) {
				return false
			}
		}
	} else {
		set := s.set(object)
		if _, twice := set[string(name)]; twice {
			return false
		}
		set[string(name)] = struct{}{}
	}
	start := len(s.text)
	s.text = append(s.text, name...)
	s.names = append(s.names, nameRange{start, len(s.text)})
	return true
}

// set returns the set of an object's names, made when it is first needed.
func (s *nameStack) set(object int) map[string]struct{} {
	if n := len(s.sets); n > 0 && s.sets[n-1].object == object {
		return s.sets[n-1].names
	}
	names := make(map[string]struct{}, 4*fewNames)
	for _, r := range s.names[object:] {
		names[string(s.text[r.start:r.end])] = struct{}{}
	}
	s.sets = append(s.sets, nameSet{object, names})
	return names
}

// last returns the place of the name that was added last, for name.
func (s *nameStack) last() int { return len(s.names) - 1 }

// name returns a name that was added to an object that is still open.
func (s *nameStack) name(i int) []byte { return s.text[s.names[i].start:s.names[i].end] }
