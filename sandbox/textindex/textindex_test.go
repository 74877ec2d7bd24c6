package textindex

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFind(t *testing.T) {
	var c Column
	for row, text := range []string{"Seoul", "", "BUSAN", "seoul", "부산 Ünïcode", "a\x00b"} {
		c.Set(row, text)
	}
	tests := []struct {
		name, part string
		want       []int
	}{
		{"a whole text", "seoul", []int{0, 3}},
		{"whatever its case", "EOU", []int{0, 3}},
		{"at the end", "san", []int{2}},
		{"Korean", "부", []int{4}},
		{"beyond ASCII", "ÜNÏ", []int{4}},
		{"nothing", "x", nil},
		{"bytes of several texts", "sb", nil},
		{"across texts", "seoul\x00busan", nil},
		{"a NUL is a space", "A B", []int{5}},
		{"a NUL in the part, too", "a\x00b", []int{5}},
		{"the empty part", "", []int{0, 1, 2, 3, 4, 5, 6}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []int
			match := c.Find(test.part)
			for row := range 7 { // the last one was never set
				if match.Row(row) {
					got = append(got, row)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("%q is in rows %v, want %v", test.part, got, test.want)
			}
			if match.Any() != (len(test.want) > 0) {
				t.Errorf("Any is %v", match.Any())
			}
		})
	}
	if (&Column{}).Find("a").Any() {
		t.Error("something is in an empty column")
	}
}

// TestFindEverything compares a column with the texts that it was given, while they
// change.
func TestFindEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const rows = 12
		var c Column
		texts := make([]string, rows)
		letters := rapid.StringOfN(rapid.SampledFrom([]rune("aAbB가\x00")), 0, 4, -1)
		for range rapid.IntRange(0, 60).Draw(t, "changes") {
			row := rapid.IntRange(0, rows-1).Draw(t, "row")
			texts[row] = letters.Draw(t, "text")
			c.Set(row, texts[row])
		}
		part := letters.Draw(t, "part")
		match := c.Find(part)
		for row, text := range texts {
			if want := strings.Contains(normal(text), normal(part)); match.Row(row) != want {
				t.Fatalf("row %d is %q: that %q is in it is %v", row, text, part, match.Row(row))
			}
		}
		if distinct := len(c.starts); distinct > 2*rows+2 {
			t.Fatalf("%d texts are kept for %d rows", distinct, rows)
		}
	})
}

// TestFindAnything compares a search in several columns with the texts in them.
func TestFindAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(1, 60).Draw(t, "rows")
		columns := make([]*Column, 3)
		texts := make([][]string, rows)
		letters := rapid.StringOfN(rapid.SampledFrom([]rune("aAbB가")), 0, 3, -1)
		for i := range columns {
			columns[i] = new(Column)
			for row := range rapid.IntRange(0, rows).Draw(t, "texts") { // the last rows have none
				text := letters.Draw(t, "text")
				columns[i].Set(row, text)
				texts[row] = append(texts[row], text)
			}
		}
		part := letters.Draw(t, "part")
		found := FindAny(columns, rows, part)
		for row := range rows {
			want := part == ""
			for _, text := range texts[row] {
				want = want || Has(text, part)
			}
			if found.Has(row) != want {
				t.Fatalf("row %d has %q: that %q is in any is %v", row, texts[row], part, found.Has(row))
			}
		}
	})
}

// BenchmarkFind searches 100,000 rows, for what one of them has, all have or none
// has.
func BenchmarkFind(b *testing.B) {
	var c Column
	const rows = 100_000
	for row := range rows {
		c.Set(row, fmt.Sprintf("%08x-4c1e-7bd5-9d2f-%012x", row*2_654_435_761&0xffffffff, row))
	}
	for _, part := range []string{fmt.Sprintf("%012x", rows-1), "4c1e", "none"} {
		b.Run(part, func(b *testing.B) {
			for b.Loop() {
				c.Find(part)
			}
		})
	}
}
