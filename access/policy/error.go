package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is a mistake in a file.
type Error struct {
	File string

	// Line and Column count from 1; Line is 0 where it is the file as a whole.
	Line, Column int

	// Problem is what is wrong.
	Problem string
}

// Error implements error.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Problem)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Problem)
}

// Errors are the mistakes of a file, in its order.
type Errors []*Error

// Error implements error: a line for each mistake.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// maxErrors is how many mistakes are shown.
const maxErrors = 20

// sorted brings mistakes into the order of the file.
func (e Errors) sorted() Errors {
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Problem, b.Problem))
	})
	return e[:min(len(e), maxErrors)]
}
