package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile is how large a policy may be, in bytes.
const maxFile = 16 << 20

// reader reads a YAML document strictly: what is not expected is a mistake. Anchors,
// aliases, merge keys and tags are, since no one should have to know them to see what a
// policy says.
type reader struct {
	file   string
	lines  []string
	errors Errors
}

// position is a place in a file.
type position struct{ line, column int }

func at(n *yaml.Node) position { return position{n.Line, n.Column} }

func (r *reader) fail(p position, format string, args ...any) {
	r.errors = append(r.errors, &Error{r.file, p.line, p.column, fmt.Sprintf(format, args...)})
}

// parse reads the one document of a file. It returns nil where that cannot be done.
func (r *reader) parse(data []byte) *yaml.Node {
	if len(data) > maxFile {
		r.fail(position{}, "is larger than %d bytes", maxFile)
		return nil
	}
	r.lines = strings.Split(string(data), "\n")
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		r.fail(position{}, "is empty")
		return nil
	case err != nil:
		r.syntax(err)
		return nil
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		r.fail(at(&second), "there is a second document")
	case !errors.Is(err, io.EOF):
		r.syntax(err)
	}
	root := document.Content[0]
	r.plain(root)
	if len(r.errors) > 0 {
		return nil
	}
	return root
}

var yamlLine = regexp.MustCompile(`^yaml: (?:unmarshal errors:\s*)?line (\d+): (.*)$`)

// syntax notes a mistake that the YAML parser found.
func (r *reader) syntax(err error) {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1])
		r.fail(position{line, 1}, "%s", m[2])
		return
	}
	r.fail(position{}, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
}

// plain refuses what YAML has beyond maps, lists and scalars, and keys that stand twice.
func (r *reader) plain(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		r.fail(at(n), "an alias; write out what it stands for")
		return
	case n.Anchor != "":
		r.fail(at(n), "an anchor; write out what it is for")
	case n.Style&yaml.TaggedStyle != 0:
		r.fail(at(n), "a tag")
	}
	if n.Kind == yaml.MappingNode {
		seen := make(map[string]int, len(n.Content)/2)
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
				r.fail(at(key), "a key must be a plain name")
				continue
			}
			if first := seen[key.Value]; first != 0 {
				r.fail(at(key), "%s stands twice; it is in line %d already", key.Value, first)
			}
			seen[key.Value] = key.Line
		}
	}
	for _, child := range n.Content {
		r.plain(child)
	}
}

// pair is an entry of a map.
type pair struct{ key, value *yaml.Node }

// pairs are the entries of a map.
func (r *reader) pairs(n *yaml.Node, what string) []pair {
	if n.Kind != yaml.MappingNode {
		r.fail(at(n), "%s must be a map", what)
		return nil
	}
	pairs := make([]pair, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		pairs = append(pairs, pair{n.Content[i], n.Content[i+1]})
	}
	return pairs
}

// name is what things of a policy may be called: names are in logs and metrics.
var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// named are the entries of a map from names to something.
func (r *reader) named(n *yaml.Node, what string) []pair {
	pairs := r.pairs(n, what)
	for _, p := range pairs {
		if !name.MatchString(p.key.Value) {
			r.fail(at(p.key), "a name must have up to 64 letters, digits, dots, - and _")
		}
	}
	return pairs
}

// object reads a map with known keys.
func (r *reader) object(n *yaml.Node, what string, fields map[string]func(*yaml.Node)) {
	for _, p := range r.pairs(n, what) {
		read := fields[p.key.Value]
		if read == nil {
			names := make([]string, 0, len(fields))
			for name := range fields {
				names = append(names, name)
			}
			r.fail(at(p.key), "%s has no %s%s", what, p.key.Value, didYouMean(p.key.Value, names))
			continue
		}
		read(p.value)
	}
}

// items are the elements of a list.
func (r *reader) items(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.fail(at(n), "%s must be a list", what)
		return nil
	}
	return n.Content
}

// text reads a text, which is not empty.
func (r *reader) text(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		r.fail(at(n), "%s must be text; put it in quotes if it is", what)
		return ""
	}
	if n.Value == "" {
		r.fail(at(n), "%s is empty", what)
	}
	return n.Value
}

// texts reads a list of texts.
func (r *reader) texts(n *yaml.Node, what string) (texts []string) {
	for _, item := range r.items(n, what) {
		texts = append(texts, r.text(item, what))
	}
	return texts
}

// oneOf reads one of a few words.
func (r *reader) oneOf(n *yaml.Node, what string, words ...string) string {
	text := r.text(n, what)
	for _, word := range words {
		if text == word {
			return word
		}
	}
	if text != "" {
		r.fail(at(n), "%s must be %s%s", what, strings.Join(words, " or "), didYouMean(text, words))
	}
	return ""
}

// number reads an integer from 0, or least, on.
func (r *reader) number(n *yaml.Node, what string, least, most int64) int64 {
	v, err := strconv.ParseInt(n.Value, 10, 64)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil || v < least || v > most {
		r.fail(at(n), "%s must be a whole number from %d to %d", what, least, most)
		return least
	}
	return v
}

// boolean reads true or false.
func (r *reader) boolean(n *yaml.Node, what string) bool {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || n.Value != "true" && n.Value != "false" {
		r.fail(at(n), "%s must be true or false", what)
		return false
	}
	return n.Value == "true"
}

// within is the place in a file of a place in a text that stands there. A text that is
// folded has only its line.
func (r *reader) within(n *yaml.Node, line, column int) position {
	switch {
	case n.Style&yaml.LiteralStyle != 0:
		return position{n.Line + line, r.indent(n.Line) + column + 1}
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 && line == 1:
		return position{n.Line, n.Column + column + 1}
	case n.Style&yaml.FoldedStyle == 0 && line == 1:
		return position{n.Line, n.Column + column}
	}
	return at(n)
}

// indent is how far the text of a block is indented that begins behind a line.
func (r *reader) indent(line int) int {
	for _, text := range r.lines[min(line, len(r.lines)):] {
		if trimmed := strings.TrimLeft(text, " "); trimmed != "" {
			return len(text) - len(trimmed)
		}
	}
	return 0
}
