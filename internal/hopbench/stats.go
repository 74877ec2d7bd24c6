package main

import "slices"

// quantile returns the value below which the share q of the list lies, between the
// two nearest where it falls between them. The list must not be empty.
func quantile(list []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	at := q * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	next := min(i+1, len(sorted)-1)
	return sorted[i] + (at-float64(i))*(sorted[next]-sorted[i])
}

func median(list []float64) float64 { return quantile(list, 0.5) }
