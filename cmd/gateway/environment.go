package main

import (
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// serviceLinks are variables that Kubernetes makes for every service beside a pod. Those
// of one called portone-gateway begin as settings do.
var serviceLinks = regexp.MustCompile(`_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$`)

// othersVariables begin as settings do and are none: examples of clients read them.
var othersVariables = []string{"PORTONE_GATEWAY_TARGET"}

// checkEnvironment refuses variables that look like settings and are none: a misspelt
// --require-idempotency-key must not go unnoticed.
func checkEnvironment(app *kong.Application) error {
	known := slices.Clone(othersVariables)
	var visit func(*kong.Node)
	visit = func(node *kong.Node) {
		for _, flag := range node.Flags {
			known = append(known, flag.Envs...)
		}
		for _, child := range node.Children {
			visit(child)
		}
	}
	visit(app.Node)
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix+"_") || slices.Contains(known, name) || serviceLinks.MatchString(name) {
			continue
		}
		text := name + ": there is no such setting"
		if near := nearest(name, known); near != "" {
			text += "; is it " + near + "?"
		}
		return &settingError{text}
	}
	return nil
}

// nearest is the name that a misspelt one may be meant for, or empty.
func nearest(name string, names []string) string {
	best, fewest := "", max(2, len(name)/6)+1
	for _, candidate := range names {
		if n := edits(name, candidate); n < fewest {
			best, fewest = candidate, n
		}
	}
	return best
}

// edits is Levenshtein's distance: how many characters have to be put in, left out or
// replaced.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
