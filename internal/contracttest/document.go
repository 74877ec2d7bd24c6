package contracttest

import (
	"slices"
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"
)

// JSON is the text of a JSON document. It can be passed wherever a []byte can, and
// rapid prints it as text when a property fails.
type JSON []byte

// GoString prints the document as a quoted Go string.
func (j JSON) GoString() string { return strconv.Quote(string(j)) }

// Options say what documents to make. The zero value stands for documents that
// are as the contract has them today, with every default below.
type Options struct {
	// MaxDepth is how deep messages are nested: below it only required ones are
	// written, and no lists or maps of messages with anything in them. Defaults to
	// 12, one more than the contract has. Free-form and injected values can be
	// nested deeper, by 40 levels.
	MaxDepth int

	// MaxElements is how many elements a list or map has at most. Defaults to 3.
	MaxElements int

	// MaxBytes is the size from which on only required members are written, so
	// that documents are not much longer. Defaults to 2,000.
	MaxBytes int

	// RequiredOnly leaves every optional member out, as far as nothing is injected.
	RequiredOnly bool

	// Inject has what the documents may have that the contract does not provide
	// for. Defaults to nothing.
	Inject Injection

	// InjectPercent is the probability of each kind of injection at each place
	// where it is possible. Defaults to 5.
	InjectPercent int
}

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		option *int
		value  int
	}{{&o.MaxDepth, 12}, {&o.MaxElements, 3}, {&o.MaxBytes, 2000}, {&o.InjectPercent, 5}} {
		if *d.option == 0 {
			*d.option = d.value
		}
	}
	return o
}

// Document returns a generator of JSON documents that are valid for a message
// type, written in the many ways that JSON leaves open: any order of members,
// white space, escapes. A required member is always there unless
// Options.Inject says otherwise.
//
// A field without presence (a path parameter) is never written with its zero
// value, which protobuf cannot tell from absence. A message type that requires
// itself, directly or not, has no finite document: Document does not return.
func Document(md protoreflect.MessageDescriptor, opts Options) *rapid.Generator[JSON] {
	opts = opts.withDefaults()
	return rapid.Custom(func(t *rapid.T) JSON {
		w := &writer{t: t, opts: opts}
		w.spaced, w.escaped = w.chance(30), w.chance(30)
		w.space()
		w.object(shapeOf(md), 1)
		w.space()
		return w.out
	})
}

// writer writes one document.
type writer struct {
	t       *rapid.T
	opts    Options
	out     []byte
	spaced  bool // white space between tokens
	escaped bool // escapes where there need be none, in names too
}

// member is a member of an object before it is known at which place it stands.
type member struct {
	name  string
	write func()
}

// object writes a message.
func (w *writer) object(s *shape, depth int) {
	own, near := s, s
	known := func(value string) bool { return value == s.constant }
	if s.isUnion() {
		own = shapeOf(sample(w, s.cases))
		near = shapeOf(sample(w, s.cases))
		known = func(value string) bool { return s.byValue[value] != nil }
	}
	members := w.discriminator(own, known)
	if f := s.byName[s.property]; f != nil && !w.opts.RequiredOnly && w.chance(50) {
		// One error has a field under the name of its discriminator: PortOne's JSON
		// has either of the two.
		members = []member{{f.name, func() { w.value(f, depth) }}}
	}
	members = append(members, w.fields(own, depth)...)
	taken := map[string]bool{own.property: true}
	for _, f := range own.fields {
		taken[f.name] = true
	}
	w.members(append(members, w.unknownMembers(near, taken)...))
}

// members writes an object, with its members in any order.
func (w *writer) members(members []member) {
	if w.chance(70) {
		members = rapid.Permutation(members).Draw(w.t, "")
	}
	w.sequence('{', '}', len(members), func(i int) {
		w.quote(members[i].name, w.escaped && w.chance(20))
		w.token(':')
		members[i].write()
	})
}

// sequence writes the elements of a list, or the members of an object.
func (w *writer) sequence(opening, closing byte, n int, write func(i int)) {
	w.out = append(w.out, opening)
	for i := range n {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		w.space()
		write(i)
		w.space()
	}
	if n == 0 {
		w.space()
	}
	w.out = append(w.out, closing)
}

// discriminator returns the member with the constant of a case of a union, which
// is there whether it stands in the union or alone.
func (w *writer) discriminator(s *shape, known func(string) bool) []member {
	value := s.constant
	switch {
	case s.property == "" || w.inject(MissingDiscriminators):
		return nil
	case w.inject(UnknownDiscriminators):
		value = w.unlike(s.constant, known)
	}
	return []member{{s.property, func() { w.quote(value, w.escaped && w.chance(20)) }}}
}

// fields returns the members of a message that has fields for them.
func (w *writer) fields(s *shape, depth int) []member {
	density := []int{10, 40, 70, 100}[w.below(4)]
	if w.opts.RequiredOnly {
		density = 0
	}
	var members []member
	for _, f := range s.fields {
		if f.name == s.property {
			continue // object sees to it
		}
		if write := w.field(f, density, depth); write != nil {
			members = append(members, member{f.name, write})
		}
	}
	return members
}

// field decides whether a member is there, and how. It returns nil if it is not.
func (w *writer) field(f *field, density, depth int) (write func()) {
	switch {
	case w.inject(Nulls):
		return w.null
	case f.required && w.inject(AbsentRequired):
		return nil
	case f.plural && !f.required && w.inject(EmptyOptional):
		return func() { w.elements(f, 0, depth) }
	case !f.required && (!w.chance(density) || w.full(f, depth)):
		return nil
	case !f.plural:
		return func() { w.value(f, depth) }
	}
	return func() { w.elements(f, w.count(f, depth), depth) }
}

// full tells that an optional member would make the document too long or deep.
func (w *writer) full(f *field, depth int) bool {
	return len(w.out) > w.opts.MaxBytes || f.isMessage() && depth >= w.opts.MaxDepth
}

// count chooses the length of a list or map. Without injection an optional one
// that is there is not empty: protobuf has no way to say that it is.
func (w *writer) count(f *field, depth int) int {
	if !f.required {
		return 1 + w.below(w.opts.MaxElements)
	}
	if w.full(f, depth) {
		return 0
	}
	return w.below(w.opts.MaxElements + 1)
}

// elements writes a list or map.
func (w *writer) elements(f *field, n, depth int) {
	if !f.fd.IsMap() {
		w.sequence('[', ']', n, func(int) { w.element(f, depth) })
		return
	}
	var members []member
	taken := map[string]bool{}
	for range n {
		members = append(members, member{w.newName(taken), func() { w.element(f, depth) }})
	}
	w.members(members)
}

func (w *writer) element(f *field, depth int) {
	if w.inject(NullElements) {
		w.null()
		return
	}
	w.value(f, depth)
}

// value writes a single value.
func (w *writer) value(f *field, depth int) {
	switch {
	case f.jsonText:
		w.anyObject(3)
	case f.enum != nil:
		w.enum(f)
	case f.isTimestamp():
		w.timestamp()
	case f.isMessage():
		w.object(shapeOf(f.value.Message()), depth+1)
	default:
		w.scalar(f.value.Kind(), f.presence || f.plural)
	}
}

func (w *writer) enum(f *field) {
	name := f.enum[w.below(len(f.enum))]
	if w.inject(UnknownEnums) {
		name = w.unlike(name, func(s string) bool { return slices.Contains(f.enum, s) })
	}
	w.quote(name, w.escaped && w.chance(20))
}
