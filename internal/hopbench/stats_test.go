package main

import "testing"

func TestQuantile(t *testing.T) {
	tests := []struct {
		name string
		list []float64
		q    float64
		want float64
	}{
		{"one", []float64{7}, 0.25, 7},
		{"median of an odd number", []float64{9, 1, 5}, 0.5, 5},
		{"median of an even number", []float64{4, 1, 3, 2}, 0.5, 2.5},
		{"lower quartile", []float64{50, 40, 30, 20, 10}, 0.25, 20},
		{"between two", []float64{10, 20}, 0.75, 17.5},
		{"least", []float64{3, 2}, 0, 2},
		{"most", []float64{3, 2}, 1, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := quantile(tt.list, tt.q); got != tt.want {
				t.Errorf("quantile(%v, %v) = %v, want %v", tt.list, tt.q, got, tt.want)
			}
		})
	}
}

func TestRatiosAreThoseOfARound(t *testing.T) {
	beside := &cost{perCall: []float64{10, 20}}
	got := (&cost{beside: beside, perCall: []float64{5, 30}}).ratios()
	if len(got) != 2 || got[0] != 0.5 || got[1] != 1.5 {
		t.Errorf("ratios are %v, want [0.5 1.5]", got)
	}
}
