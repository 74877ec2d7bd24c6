package view

import (
	"strings"
	"unicode"
)

// fold is a name without case and without anything but letters and digits: names that
// some server could take for the same have the same one, such as storeId, StoreID and
// " store_id".
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return smallest(r)
	}, name)
}

// smallest is the same rune for all that differ by case only.
func smallest(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}

// looksLike reports whether a server could take a name for a field's: the name as a
// whole, or a part of it, as in filter[storeId] and filter.storeId.
func looksLike(name string, f *Field) bool {
	if fold(name) == f.folded {
		return true
	}
	parts := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(".[]/:$", r) })
	for _, part := range parts {
		if fold(part) == f.folded {
			return true
		}
	}
	return false
}
