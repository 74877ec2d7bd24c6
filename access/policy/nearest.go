package policy

import (
	"fmt"
	"slices"
	"strings"
)

// didYouMean proposes the known name that is nearest to one that is not known.
func didYouMean(name string, known []string) string {
	best, distance := "", len(name)/3+2
	sorted := slices.Sorted(slices.Values(known))
	for _, candidate := range sorted {
		if d := edits(strings.ToLower(name), strings.ToLower(candidate), distance); d < distance {
			best, distance = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}

// edits counts the letters that have to be added, taken away or replaced, up to most.
func edits(a, b string, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
