package errmap

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/grpc/codes"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// The file of a dictionary is a table of tab-separated cells. A line that begins
// with #pg names the PGs whose codes it has; a line #source gives a document that
// rows are from a short name, a date and a title. A line #word names codes that say by
// themselves what they mean, so that they may be explained where the PG is not known.
// Other lines that begin with # are comments. The first line of cells is the header.
const (
	directivePG     = "#pg"
	directiveSource = "#source"
	directiveWord   = "#word"
	header          = "pg_code\tcode\treason\tnext\tenglish_what\tenglish_next\tkorean_what\tkorean_next\tsource"

	maxFile  = 4 << 20 // bytes
	maxCode  = 200     // bytes of a PG's code
	maxText  = 600     // bytes of an explanation or an advice: both travel in trailers, see fit
	maxTitle = 300     // bytes of a source's title
)

// Source is a document that codes are from.
type Source struct {
	Title string // or repository and path
	Date  string // 2020, 2020-07 or 2020-07-15; when it was read, where the document has no date
}

// outcomes are the gRPC codes that a refusal may have by its reason. The rules are
// those of pg/tosspayments.tsv. UNAVAILABLE is in none, since meshes repeat it by
// themselves; nor is any code that speaks of the caller rather than of the PG.
var outcomes = map[portonev2.DeclineReason][]codes.Code{
	portonev2.DeclineReason_DECLINE_REASON_CARD_LIMIT_EXCEEDED:       {codes.FailedPrecondition, codes.ResourceExhausted},
	portonev2.DeclineReason_DECLINE_REASON_INSUFFICIENT_BALANCE:      {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_CARD_EXPIRED:              {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_CARD_LOST_OR_STOLEN:       {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_CARD_SUSPENDED:            {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_INVALID_CARD_NUMBER:       {codes.InvalidArgument},
	portonev2.DeclineReason_DECLINE_REASON_INVALID_CARD_DETAILS:      {codes.InvalidArgument},
	portonev2.DeclineReason_DECLINE_REASON_CARD_NOT_SUPPORTED:        {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_INSTALLMENT_NOT_AVAILABLE: {codes.FailedPrecondition, codes.InvalidArgument},
	portonev2.DeclineReason_DECLINE_REASON_AMOUNT_TOO_LOW:            {codes.InvalidArgument},
	portonev2.DeclineReason_DECLINE_REASON_AMOUNT_TOO_HIGH:           {codes.FailedPrecondition, codes.ResourceExhausted},
	portonev2.DeclineReason_DECLINE_REASON_ATTEMPTS_EXCEEDED:         {codes.ResourceExhausted},
	portonev2.DeclineReason_DECLINE_REASON_SUSPECTED_FRAUD:           {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_DUPLICATE_ORDER:           {codes.AlreadyExists},
	portonev2.DeclineReason_DECLINE_REASON_ALREADY_PROCESSED:         {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_ALREADY_CANCELLED:         {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_NOT_CANCELLABLE:           {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_CANCEL_AMOUNT_EXCEEDED:    {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_REFUND_ACCOUNT_INVALID:    {codes.FailedPrecondition, codes.InvalidArgument},
	portonev2.DeclineReason_DECLINE_REASON_ACCOUNT_RESTRICTED:        {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_ISSUER_DECLINED:           {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_BUYER_CANCELLED:           {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_SESSION_EXPIRED:           {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_AUTHENTICATION_FAILED:     {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_PAYMENT_NOT_FOUND:         {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_INVALID_REQUEST:           {codes.InvalidArgument},
	portonev2.DeclineReason_DECLINE_REASON_MERCHANT_SETUP:            {codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_ISSUER_OUTAGE:             {codes.Unknown, codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_PG_OUTAGE:                 {codes.Unknown, codes.FailedPrecondition},
	portonev2.DeclineReason_DECLINE_REASON_OTHER:                     {codes.Unknown, codes.FailedPrecondition},
}

// parser reads the file of a dictionary.
type parser struct {
	file    string
	line    int
	d       *dictionary
	sources map[string]*Source // by the short names of the file
	words   map[string]place   // the codes of #word
	begun   bool               // the header has been read
}

// place is where something stands in a file.
type place struct{ line, column int }

// parseDictionary reads a dictionary. Whatever is wrong with it is an error that
// says where: file:line:column, counted from 1 and in bytes.
func parseDictionary(file, text string) (*dictionary, error) {
	name, _ := strings.CutSuffix(file, ".tsv")
	p := &parser{
		file: file, d: &dictionary{name: name, codes: make(map[string]*meaning)}, sources: make(map[string]*Source),
		words: make(map[string]place),
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s: %d bytes, more than %d", file, len(text), maxFile)
	}
	for line := range strings.Lines(text) {
		p.line++
		if err := p.read(strings.TrimSuffix(line, "\n")); err != nil {
			return nil, err
		}
	}
	p.line++
	switch {
	case len(p.d.pgs) == 0:
		return nil, p.wrong(0, "no line %q says whose codes these are", directivePG)
	case len(p.d.codes) == 0:
		return nil, p.wrong(0, "there are no codes")
	}
	return p.d, p.markWords()
}

func (p *parser) wrong(column int, format string, args ...any) error {
	return fmt.Errorf("%s:%d:%d: %s", p.file, p.line, column+1, fmt.Sprintf(format, args...))
}

// read reads a line.
func (p *parser) read(line string) error {
	for i, r := range line {
		if r == utf8.RuneError && !strings.HasPrefix(line[i:], "\uFFFD") {
			return p.wrong(i, "not UTF-8")
		}
		if r == '\uFEFF' || r != '\t' && unicode.IsControl(r) {
			return p.wrong(i, "the control character %U", r)
		}
	}
	cells := strings.Split(line, "\t")
	switch {
	case line == "":
		return nil
	case cells[0] == directivePG:
		return p.readPGs(cells)
	case cells[0] == directiveSource:
		return p.readSource(cells)
	case cells[0] == directiveWord:
		return p.readWords(cells)
	case strings.HasPrefix(line, directivePG) || strings.HasPrefix(line, directiveSource) || strings.HasPrefix(line, directiveWord):
		return p.wrong(0, "%s, %s and %s are followed by a tab", directivePG, directiveSource, directiveWord)
	case line[0] == '#':
		return nil
	case !p.begun:
		p.begun = true
		if line != header {
			return p.wrong(0, "the first line of cells must be %q", header)
		}
		return nil
	}
	return p.readRow(cells)
}

func (p *parser) readPGs(cells []string) error {
	column := len(directivePG) + 1
	if len(cells) < 2 || p.begun {
		return p.wrong(0, "%s stands before the header, with the names of PGs behind it", directivePG)
	}
	for _, name := range cells[1:] {
		if number, known := portonev2.PgProvider_value["PG_PROVIDER_"+name]; !known || number == 0 {
			return p.wrong(column, "PortOne knows no PG %q", name)
		}
		if slices.Contains(p.d.pgs, name) {
			return p.wrong(column, "%s stands here twice", name)
		}
		p.d.pgs = append(p.d.pgs, name)
		column += len(name) + 1
	}
	return nil
}

func (p *parser) readSource(cells []string) error {
	if len(cells) != 4 || p.begun {
		return p.wrong(0, "%s stands before the header, with a name, a date and a title behind it", directiveSource)
	}
	name, date, title := cells[1], cells[2], cells[3]
	column := len(directiveSource) + 1
	switch {
	case name == "" || strings.TrimSpace(name) != name:
		return p.wrong(column, "a source without a name, or with space around it")
	case p.sources[name] != nil:
		return p.wrong(column, "the source %q stands here twice", name)
	case !isDate(date):
		return p.wrong(column+len(name)+1, "%q is no date such as 2020, 2020-07 or 2020-07-15", date)
	case strings.TrimSpace(title) != title || title == "" || len(title) > maxTitle:
		return p.wrong(column+len(name)+len(date)+2, "the title is empty, has space around it, or is longer than %d bytes", maxTitle)
	}
	p.sources[name] = &Source{Title: title, Date: date}
	p.d.sources = append(p.d.sources, p.sources[name])
	return nil
}

func (p *parser) readWords(cells []string) error {
	column := len(directiveWord) + 1
	if len(cells) < 2 || p.begun {
		return p.wrong(0, "%s stands before the header, with codes behind it", directiveWord)
	}
	for _, code := range cells[1:] {
		if !isDistinctive(code) {
			return p.wrong(column, "%q is no word of its own: letters in at least three words, none of the general ones at the front", code)
		}
		p.words[code] = place{p.line, column}
		column += len(code) + 1
	}
	return nil
}

// markWords marks the codes that #word names.
func (p *parser) markWords() error {
	for _, code := range slices.Sorted(maps.Keys(p.words)) {
		m := p.d.codes[code]
		if m == nil {
			p.line = p.words[code].line
			return p.wrong(p.words[code].column, "the file has no code %q", code)
		}
		m.word = true
	}
	return nil
}

// readRow reads a code and what it means.
func (p *parser) readRow(cells []string) error {
	if want := strings.Count(header, "\t") + 1; len(cells) != want {
		return p.wrong(0, "%d cells, not %d", len(cells), want)
	}
	at := make([]int, len(cells)) // where each cell begins
	for i := 1; i < len(cells); i++ {
		at[i] = at[i-1] + len(cells[i-1]) + 1
	}
	for i, cell := range cells {
		if cell == "" || strings.TrimSpace(cell) != cell {
			return p.wrong(at[i], "an empty cell, or one with space around it")
		}
	}
	m, err := p.newMeaning(cells, at)
	if err != nil {
		return err
	}
	for i := 4; i < 8; i++ {
		if len(cells[i]) > maxText {
			return p.wrong(at[i], "a text longer than %d bytes", maxText)
		}
	}
	p.d.codes[m.pgCode] = m
	return m.marshal()
}

// newMeaning makes a meaning of the cells of a row, which begin at the given columns.
func (p *parser) newMeaning(cells []string, at []int) (*meaning, error) {
	m := &meaning{
		pgCode: cells[0], dictionary: p.d, source: p.sources[cells[8]],
		explanation: [languages]string{English: cells[4], Korean: cells[6]},
		advice:      [languages]string{English: cells[5], Korean: cells[7]},
	}
	reason, reasonKnown := portonev2.DeclineReason_value["DECLINE_REASON_"+cells[2]]
	next, nextKnown := portonev2.DeclineNextStep_value["DECLINE_NEXT_STEP_"+cells[3]]
	m.reason, m.next = portonev2.DeclineReason(reason), portonev2.DeclineNextStep(next)
	switch {
	case len(m.pgCode) > maxCode:
		return nil, p.wrong(at[0], "a code longer than %d bytes", maxCode)
	case p.d.codes[m.pgCode] != nil:
		return nil, p.wrong(at[0], "the code %q stands here twice", m.pgCode)
	case m.code.UnmarshalJSON([]byte(`"`+cells[1]+`"`)) != nil || m.code == codes.OK:
		return nil, p.wrong(at[1], "%q is no gRPC code of an error", cells[1])
	case !reasonKnown || reason == 0:
		return nil, p.wrong(at[2], "the contract has no decline reason %q", cells[2])
	case !slices.Contains(outcomes[m.reason], m.code):
		return nil, p.wrong(at[1], "%s cannot be %s, but one of %v", cells[2], cells[1], outcomes[m.reason])
	case !nextKnown || next == 0:
		return nil, p.wrong(at[3], "the contract has no next step %q", cells[3])
	case m.code == codes.Unknown && m.next != portonev2.DeclineNextStep_DECLINE_NEXT_STEP_CHECK_PAYMENT:
		return nil, p.wrong(at[3], "an outcome that is UNKNOWN has the next step CHECK_PAYMENT, not %s", cells[3])
	case m.source == nil:
		return nil, p.wrong(at[8], "no line %q defines the source %q", directiveSource, cells[8])
	}
	return m, nil
}

// isDate reports whether a text is a date, a month or a year.
func isDate(text string) bool {
	for i, c := range []byte(text) {
		if dash := i == 4 || i == 7; dash != (c == '-') || !dash && (c < '0' || c > '9') {
			return false
		}
	}
	if len(text) != 4 && len(text) != 7 && len(text) != 10 {
		return false
	}
	return len(text) < 7 || text[5:7] >= "01" && text[5:7] <= "12" && (len(text) < 10 || text[8:] >= "01" && text[8:] <= "31")
}
