package main

import (
	"regexp"
	"strings"
)

// tidy brings what the printer prints to the form that `buf format` wants, and
// closes up lists of plain declarations.
func tidy(text []byte) []byte {
	s := string(text)
	for _, rule := range tidyRules {
		s = rule.pattern.ReplaceAllString(s, rule.replacement)
	}
	s = oneLineOption.ReplaceAllStringFunc(s, expandLiteral)
	s = onlyOption.ReplaceAllStringFunc(s, hugBrackets)
	return []byte(tighten(unrollLiterals(s)))
}

// listOfLiterals is how a list begins whose elements are message literals.
var listOfLiterals = regexp.MustCompile(`^( +)(\w+): \[$`)

// unrollLiterals writes a list of message literals as the same field several times,
// which means the same: protobufjs, by which Node loads protos, knows no other form.
func unrollLiterals(text string) string {
	var out []string
	indent, name := "", "" // of the list that is open
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		begins := listOfLiterals.FindStringSubmatch(line)
		switch {
		case begins != nil && i+1 < len(lines) && lines[i+1] == begins[1]+"  {":
			indent, name = begins[1], begins[2]
		case name == "":
			out = append(out, line)
		case line == indent+"]":
			name = ""
		case line == indent+"  {":
			out = append(out, indent+name+": {")
		default:
			out = append(out, strings.TrimSuffix(strings.TrimPrefix(line, "  "), ","))
		}
	}
	return strings.Join(out, "\n")
}

// onlyOption is a list of options in brackets with nothing but one message
// literal.
var onlyOption = regexp.MustCompile(`(?m)\[\n +\(\S+\) = \{\n(?: +\w+: .*\n)+ +\}\n +\];$`)

func hugBrackets(list string) string {
	lines := strings.Split(list, "\n")
	lines = lines[1 : len(lines)-1] // without the brackets
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return "[" + strings.TrimSpace(strings.Join(lines, "\n")) + "];"
}

// oneLineOption is an option whose value is a message literal on one line. The
// printer chooses the line by the literal's length; buf format by whether it has
// more than one field.
var oneLineOption = regexp.MustCompile(`(?m)^ +\w.* \{\w+: .*, \w+: .*\}\]?;$`)

var literalComma = regexp.MustCompile(`, (\w+: )`)

func expandLiteral(line string) string {
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	head, rest, _ := strings.Cut(line, "{")
	end := strings.LastIndex(rest, "}")
	fields := literalComma.ReplaceAllString(rest[:end], "\n"+indent+"  $1")
	return head + "{\n" + indent + "  " + fields + "\n" + indent + rest[end:]
}

var tidyRules = []struct {
	pattern     *regexp.Regexp
	replacement string
}{
	// rpc GetPayment ( GetPaymentRequest ) returns ( Payment )
	{regexp.MustCompile(`(?m)^(  rpc \w+) \( (.+) \) returns \( (.+) \)`), "$1($2) returns ($3)"},
	// Our own options by their full name, as one finds them elsewhere.
	{regexp.MustCompile(`\((operation|discriminator|location|json_text|error_type)\) = `), "(portone.v2.$1) = "},
	// No commas between the fields of a message literal, nor behind a list in it;
	// a comma between two options stays.
	{regexp.MustCompile(`(?m)^( +\w+: .*),$`), "$1"},
	{regexp.MustCompile(`(?m)^( +[\]}]),\n( +\w+: )`), "$1\n$2"},
	// A literal of one field on one line.
	{regexp.MustCompile(`(?m)\{\n +(\w+: "[^"]*")\n +\};$`), "{$1};"},
	// One option in brackets on one line.
	{regexp.MustCompile(`\[\n +([^\n]*[^\n,{])\n +\];`), "[$1];"},
	// An entry of a map in a literal.
	{regexp.MustCompile(`(?m)^( +)\{ (key: .*), (value: .*) \}$`), "$1{\n$1  $2\n$1  $3\n$1}"},
	// { get: "/banks" } and [ "FORBIDDEN" ] without the inner spaces.
	{regexp.MustCompile(`(?m)(= |: )\{ (.*) \}`), "$1{$2}"},
	{regexp.MustCompile(`(\w: )\[ ([^\[\]]*) \]`), "$1[$2]"},
}

// tighten takes out the blank line that the printer puts between two imports, two
// file options, and two fields, values or RPCs where neither has a comment: a
// list of currencies should fit a screen.
func tighten(text string) string {
	lines := strings.Split(text, "\n")
	var kept []string
	for i, line := range lines {
		if line == "" && i > 0 && i+1 < len(lines) && closeUp(lines, i) {
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

// closeUp tells whether the blank line i can go.
func closeUp(lines []string, i int) bool {
	before, after := lines[i-1], lines[i+1]
	for _, keyword := range []string{"import ", "option "} {
		if strings.HasPrefix(before, keyword) && strings.HasPrefix(after, keyword) {
			return true
		}
	}
	commented := i >= 2 && isComment(lines[i-2])
	return isPlain(before) && isPlain(after) && !commented
}

// isPlain tells whether a line is all of an indented declaration.
func isPlain(line string) bool {
	return strings.HasPrefix(line, "  ") && strings.HasSuffix(line, ";") && !isComment(line)
}

func isComment(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "//") }
