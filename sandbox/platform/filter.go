package platform

import (
	"slices"
	"strings"

	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// among is met by an object whose property is one of some values; no values ask
// for nothing.
func among[O any, V comparable](values []V, property func(O) V) func(O) bool {
	if len(values) == 0 {
		return anything[O]
	}
	wanted := make(map[V]bool, len(values))
	for _, value := range values {
		wanted[value] = true
	}
	return func(o O) bool { return wanted[property(o)] }
}

// all is met by an object that meets every condition.
func all[O any](conditions ...func(O) bool) func(O) bool {
	return func(o O) bool {
		return !slices.ContainsFunc(conditions, func(met func(O) bool) bool { return !met(o) })
	}
}

func anything[O any](O) bool { return true }

// term is a text to search for, with the property to search.
type term[O any] struct {
	text     *string // nil if not asked for
	property func(O) string
	whole    bool // the property has to be the text, not only contain it
}

func (t term[O]) met(o O) bool {
	if t.whole {
		return t.property(o) == *t.text
	}
	return strings.Contains(t.property(o), *t.text)
}

// keyword is met by an object that has the text asked for, the first one if it
// asks for several.
func keyword[O any](terms ...term[O]) func(O) bool {
	for _, t := range terms {
		if t.text != nil {
			return t.met
		}
	}
	return anything[O]
}

// onlyKeyword is keyword for filters that must not ask for several texts.
func onlyKeyword[O any](terms ...term[O]) (func(O) bool, error) {
	asked := 0
	for _, t := range terms {
		if t.text != nil {
			asked++
		}
	}
	if asked > 1 {
		return nil, world.Invalid("filter.keyword: %d texts are given, where only one may be", asked)
	}
	return keyword(terms...), nil
}
