package policy

import (
	"fmt"
	"slices"
)

// literals are what an entry is known by, as text; the first is the one that fewest
// share.
func (e *entry) literals() (all []string) {
	if e.key != nil {
		all = append(all, "key "+e.key.id)
	}
	if e.spiffe != "" {
		if e.prefix {
			all = append(all, "spiffe "+e.spiffe+"/*")
		} else {
			all = append(all, "spiffe "+e.spiffe)
		}
	}
	if e.mesh != "" {
		all = append(all, "mesh "+e.mesh)
	}
	if e.dns != "" {
		all = append(all, "dns "+e.dns)
	}
	if e.uid != nil {
		all = append(all, fmt.Sprint("uid ", *e.uid))
	}
	if e.gid != nil {
		all = append(all, fmt.Sprint("gid ", *e.gid))
	}
	for _, c := range e.claims {
		all = append(all, "claim "+e.issuer.Name+" "+c.name+"="+c.value)
	}
	return all
}

// overlaps finds entries of two callers of which one is known by all that the other is
// known by, and perhaps more: a call of the one would always be the other's, too.
type overlaps struct{ byFirst map[string][]*entry }

// checkOverlaps notes them as mistakes.
func checkOverlaps(r *reader, callers []*Caller) {
	x := overlaps{make(map[string][]*entry)}
	var all []*entry
	for _, c := range callers {
		all = append(all, c.entries...)
	}
	for _, e := range all {
		first := e.literals()[0]
		x.byFirst[first] = append(x.byFirst[first], e)
	}
	for _, e := range all {
		has := e.literals()
		if e.spiffe != "" && !e.prefix {
			has = append(has, "spiffe "+parent(e.spiffe)+"/*")
		}
		for _, literal := range has {
			x.check(r, e, literal, has)
		}
	}
}

// check holds an entry against those whose first literal it has.
func (x *overlaps) check(r *reader, e *entry, literal string, has []string) {
	for _, other := range x.byFirst[literal] {
		if other.caller == e.caller {
			continue
		}
		inside := true
		for _, l := range other.literals() {
			inside = inside && slices.Contains(has, l)
		}
		same := inside && len(other.literals()) == len(e.literals()) && !other.prefix
		if !inside || same && other.at.line < e.at.line {
			continue // two that are the same are told of once, at the later one
		}
		first, second := e, other
		if first.at.line > second.at.line {
			first, second = second, first
		}
		r.fail(second.at, "callers %s and %s overlap: whoever is known by %s is both", first.caller.Name, second.caller.Name, literal)
	}
}
