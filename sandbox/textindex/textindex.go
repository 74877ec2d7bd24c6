// Package textindex finds the rows of a table by any part of their texts, as list
// calls of the sandbox do in a hundred thousand payments.
//
// A search goes through the distinct texts of a column, which stand in memory one
// behind the other, instead of visiting an object for every row.
package textindex

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/bits-and-blooms/bitset"
)

// end stands behind every text of a column, and in none of them.
const end = 0

// Column has a text for every row: the empty one until Set gives it another. It is
// not safe for concurrent use. The zero Column is empty.
type Column struct {
	of []uint32 // the number of a row's text; 0 is the empty one

	// What follows is of the texts, by number, and has nothing for number 0.
	numbers map[string]uint32
	all     []byte   // the texts in lower case
	starts  []uint32 // where each begins in all
	uses    []uint32 // how many rows have each
	unused  int      // how many no row has

	occurring [256]bool // the bytes that stand in any text
}

// Set gives a row its text, in place of the one before.
func (c *Column) Set(row int, text string) {
	text = normal(text)
	for len(c.of) <= row {
		c.of = append(c.of, 0)
	}
	number := c.numbers[text] // 0 for the empty text and for a new one
	if number == c.of[row] && (number != 0 || text == "") {
		return
	}
	c.release(c.of[row])
	if text != "" && number == 0 {
		number = c.add(text)
	}
	c.of[row] = number
	if number != 0 {
		if c.uses[number]++; c.uses[number] == 1 {
			c.unused--
		}
	}
	if c.unused > len(c.starts)/2 {
		c.rebuild()
	}
}

// normal is a text as it is compared: case does not count.
func normal(text string) string {
	return strings.ReplaceAll(strings.ToLower(text), string(rune(end)), " ")
}

// Has says whether a single text has a part in it, as Find has it.
func Has(text, part string) bool { return strings.Contains(normal(text), normal(part)) }

// add takes up a text that no row has yet.
func (c *Column) add(text string) uint32 {
	if c.numbers == nil {
		c.numbers = make(map[string]uint32)
		c.starts, c.uses = []uint32{0}, []uint32{0}
	}
	number := uint32(len(c.starts))
	c.numbers[text] = number
	c.starts = append(c.starts, uint32(len(c.all)))
	c.uses = append(c.uses, 0)
	c.unused++
	c.all = append(append(c.all, text...), end)
	for i := range len(text) {
		c.occurring[text[i]] = true
	}
	return number
}

func (c *Column) release(number uint32) {
	if number == 0 {
		return
	}
	if c.uses[number]--; c.uses[number] == 0 {
		c.unused++
	}
}

// rebuild forgets the texts that no row has any more.
func (c *Column) rebuild() {
	var fresh Column
	for row, number := range c.of {
		fresh.Set(row, string(c.text(number)))
	}
	*c = fresh
}

// text is a text by its number, good until the column changes.
func (c *Column) text(number uint32) []byte {
	if number == 0 {
		return nil
	}
	stop := len(c.all)
	if int(number)+1 < len(c.starts) {
		stop = int(c.starts[number+1])
	}
	return c.all[c.starts[number] : stop-1] // without the end
}

// Match is what a search found in a column. It holds until the column changes.
type Match struct {
	of    []uint32
	texts *bitset.BitSet // by number; nil if there are none
	every bool           // whether the empty text has the part, too
}

// Find finds the rows whose text has a part in it, whatever its case. Every text
// has the empty part.
func (c *Column) Find(part string) Match {
	part = normal(part)
	m := Match{of: c.of, every: part == ""}
	if m.every || !c.canHave(part) {
		return m
	}
	if len(part) == 1 { // most texts have a letter or digit: one by one is faster
		m.texts = c.withByte(part[0])
		return m
	}
	sought, number := []byte(part), 0
	for from := 0; ; {
		at := bytes.Index(c.all[from:], sought)
		if at < 0 {
			return m
		}
		if m.texts == nil {
			m.texts = bitset.New(uint(len(c.starts)))
		}
		number = c.numberAt(number, from+at)
		m.texts.Set(uint(number))
		if number+1 == len(c.starts) {
			return m
		}
		from = int(c.starts[number+1])
	}
}

// withByte are the texts that have a byte, nil for none.
func (c *Column) withByte(b byte) *bitset.BitSet {
	texts := bitset.New(uint(len(c.starts)))
	for number := 1; number < len(c.starts); number++ {
		if bytes.IndexByte(c.text(uint32(number)), b) >= 0 {
			texts.Set(uint(number))
		}
	}
	if texts.None() {
		return nil
	}
	return texts
}

// Rows is what a search in several columns found.
type Rows struct {
	set   *bitset.BitSet
	every bool
}

// Has says whether a row has the part in any of the columns.
func (r Rows) Has(row int) bool { return r.every || r.set.Test(uint(row)) }

// FindAny finds those of the first so many rows that have a part in the text of any of
// some columns. Columns of few texts come first, since they may settle many rows for
// little, then those with long texts, which have most parts; once few rows are left,
// their texts are looked at one by one.
func FindAny(columns []*Column, rows int, part string) Rows {
	part = normal(part)
	if part == "" {
		return Rows{every: true}
	}
	columns = slices.SortedFunc(slices.Values(columns), func(a, b *Column) int {
		if isFew := len(a.starts) < rows/few; isFew || len(b.starts) < rows/few {
			return cmp.Compare(len(a.starts), len(b.starts))
		}
		return cmp.Compare(len(b.all), len(a.all))
	})
	found, sought := Rows{set: bitset.New(uint(rows))}, []byte(part)
	for _, c := range columns {
		if !c.canHave(part) {
			continue
		}
		left := rows - int(found.set.Count())
		if left == 0 {
			break
		}
		has := func(row int) bool { return bytes.Contains(c.text(c.of[row]), sought) }
		if left*costOfOne > len(c.all) {
			match := c.Find(part)
			if !match.Any() {
				continue
			}
			has = match.Row
		}
		for row, ok := found.set.NextClear(0); ok && int(row) < min(rows, len(c.of)); row, ok = found.set.NextClear(row + 1) {
			if has(int(row)) {
				found.set.Set(row)
			}
		}
	}
	return found
}

// few is how many rows there are for each of few texts.
const few = 8

// costOfOne is how many bytes of a column are searched in the time that a look at one
// text of its takes.
const costOfOne = 16

// canHave is false where no text has the part, since it has a byte that none has.
func (c *Column) canHave(part string) bool {
	for i := range len(part) {
		if !c.occurring[part[i]] {
			return false
		}
	}
	return true
}

// numberAt is the number of the text that stands at an offset of c.all, behind the
// text of another number: near that one where many texts are found, and anywhere
// where few are, so the steps grow until one is too wide.
func (c *Column) numberAt(number, offset int) int {
	begins := func(n int) bool { return n < len(c.starts) && int(c.starts[n]) <= offset }
	step := 1
	for begins(number + step) {
		number += step
		step *= 2
	}
	for ; step > 0; step /= 2 {
		if begins(number + step) {
			number += step
		}
	}
	return number
}

// Any says whether there may be a row that has the part.
func (m Match) Any() bool { return m.every || m.texts != nil }

// Row says whether a row's text has the part.
func (m Match) Row(row int) bool {
	return m.every || m.texts != nil && row < len(m.of) && m.texts.Test(uint(m.of[row]))
}
