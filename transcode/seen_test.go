package transcode

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestNameStack compares a stack with sets, one for each object that is open.
func TestNameStack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s nameStack
		type object struct {
			begin int
			names []string
			set   map[string]bool
		}
		var open []*object
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			switch {
			case len(open) == 0 || rapid.IntRange(0, 3).Draw(t, "step") == 0:
				open = append(open, &object{begin: s.begin(), set: make(map[string]bool)})
			case rapid.IntRange(0, 3).Draw(t, "step") == 0:
				s.end(open[len(open)-1].begin)
				open = open[:len(open)-1]
			default:
				o := open[len(open)-1]
				for range rapid.IntRange(1, 200).Draw(t, "names") {
					name := fmt.Sprint(rapid.IntRange(0, 300).Draw(t, "name"))
					if isNew := s.add(o.begin, []byte(name)); isNew == o.set[name] {
						t.Fatalf("%q is new: %t, among %d", name, isNew, len(o.set))
					}
					if !o.set[name] {
						o.set[name], o.names = true, append(o.names, name)
					}
				}
			}
			for _, o := range open {
				for i, name := range o.names {
					if got := string(s.name(o.begin + i)); got != name {
						t.Fatalf("name %d is %q, want %q", i, got, name)
					}
				}
			}
			if rapid.IntRange(0, 9).Draw(t, "reset") == 0 {
				s.reset()
				open = nil
			}
		}
	})
}

// TestManyNames: no number of names is too many to see that one stands twice.
func TestManyNames(t *testing.T) {
	var s nameStack
	outer := s.begin()
	if !s.add(outer, []byte("outer")) {
		t.Fatal("the first name is not new")
	}
	inner := s.begin()
	const many = 100_000
	for i := range many {
		if !s.add(inner, fmt.Append(nil, i)) {
			t.Fatalf("%d is not new", i)
		}
	}
	for i := range many {
		if s.add(inner, fmt.Append(nil, i)) {
			t.Fatalf("%d is new a second time", i)
		}
	}
	s.end(inner)
	if s.add(outer, []byte("outer")) || !s.add(outer, []byte("7")) {
		t.Error("the outer object does not have its own names")
	}
}
