package errmap

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"google.golang.org/grpc/codes"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// TestOwnDictionaries: every row of the gateway's own dictionaries is well-formed,
// sourced and dated (or it would not be read), in both languages, and calls no
// unclear outcome a refusal.
func TestOwnDictionaries(t *testing.T) {
	s, err := NewDictionaries(nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, d := range s.all {
		if d.name != strings.ToLower(d.name) || d.custom {
			t.Errorf("%s", d.name)
		}
		for code, m := range d.codes {
			rows++
			checkRow(t, d.name+" "+code, m)
		}
	}
	if rows < 500 || len(s.all) < 12 {
		t.Errorf("%d codes in %d dictionaries", rows, len(s.all))
	}
}

func checkRow(t *testing.T, name string, m *meaning) {
	t.Helper()
	if m.source.Title == "" || m.source.Date == "" {
		t.Errorf("%s has no source", name)
	}
	for l, hangul := range []bool{English: false, Korean: true} {
		for _, text := range []string{m.explanation[l], m.advice[l]} {
			if slices.ContainsFunc([]rune(text), func(r rune) bool { return r >= '가' && r <= '힣' }) != hangul || !strings.HasSuffix(text, ".") {
				t.Errorf("%s: %q is no sentence in %s", name, text, Language(l).Tag())
			}
		}
	}
	outage := m.reason == portonev2.DeclineReason_DECLINE_REASON_PG_OUTAGE || m.reason == portonev2.DeclineReason_DECLINE_REASON_ISSUER_OUTAGE
	switch {
	case outage && m.code != codes.Unknown && m.next != portonev2.DeclineNextStep_DECLINE_NEXT_STEP_RETRY_LATER:
		t.Errorf("%s: an outage that is a refusal, and not one to try again after", name)
	case !outage && m.code == codes.Unknown && m.reason != portonev2.DeclineReason_DECLINE_REASON_OTHER:
		t.Errorf("%s: %s with an unclear outcome", name, m.reason)
	}
	for _, word := range []string{"time out", "timed out", "timeout", "unclear", "not known yet"} {
		if strings.Contains(strings.ToLower(m.explanation[English]), word) && m.code != codes.Unknown {
			t.Errorf("%s: %q is %s", name, m.explanation[English], m.code)
		}
	}
	switch m.code {
	case codes.Unavailable, codes.Unauthenticated, codes.PermissionDenied, codes.NotFound, codes.Canceled, codes.Aborted, codes.DeadlineExceeded, codes.Internal:
		t.Errorf("%s is %s, which is repeated blindly or blames the caller", name, m.code)
	}
}

// good is a file without mistakes, for others to have one.
const good = "#pg\tKCP_V2\tKCP\n#source\tbook\t2020-07\tA book\n# a comment\n" + header + "\n" +
	"CC54\tFAILED_PRECONDITION\tCARD_EXPIRED\tASK_TO_CORRECT_INPUT\tWhat.\tNext.\t무엇.\t다음.\tbook\n"

// TestMistakes: whatever is wrong with a file is an error that says where.
func TestMistakes(t *testing.T) {
	row := func(cells ...string) string { // the row with other cells
		return strings.Replace(good, cells[0], cells[1], 1)
	}
	tests := []struct{ name, text, want string }{
		{"empty", "", `f.tsv:1:1: no line "#pg" says whose codes these are`},
		{"no codes", "#pg\tKCP\n", "f.tsv:2:1: there are no codes"},
		{"no PG's", strings.TrimPrefix(good, "#pg\tKCP_V2\tKCP\n"), `f.tsv:5:1: no line "#pg" says whose codes these are`},
		{"a PG that is none", row("\tKCP\n", "\tKPC\n"), `f.tsv:1:12: PortOne knows no PG "KPC"`},
		{"a PG without a name", row("\tKCP\n", "\tUNSPECIFIED\n"), `f.tsv:1:12: PortOne knows no PG "UNSPECIFIED"`},
		{"a PG twice", row("\tKCP\n", "\tKCP_V2\n"), "f.tsv:1:12: KCP_V2 stands here twice"},
		{"PGs behind a space", row("#pg\t", "#pg "), "f.tsv:1:1: #pg, #source and #word are followed by a tab"},
		{"PGs behind the header", good + "#pg\tNICE\n", "f.tsv:6:1: #pg stands before the header, with the names of PGs behind it"},
		{"no header", row(header+"\n", ""), "f.tsv:4:1: the first line of cells must be"},
		{"a source of no date", row("2020-07", "July"), `f.tsv:2:14: "July" is no date such as 2020, 2020-07 or 2020-07-15`},
		{"a source of an impossible date", row("2020-07", "2020-13"), `f.tsv:2:14: "2020-13" is no date`},
		{"a source without a title", row("\tA book", ""), "f.tsv:2:1: #source stands before the header"},
		{"a source twice", row("# a comment\n", "#source\tbook\t2020\tB\n"), `f.tsv:3:9: the source "book" stands here twice`},
		{"a source that is not defined", row("\tbook\n", "\tbook\n")[:len(good)-5] + "look\n", `f.tsv:5:88: no line "#source" defines the source "look"`},
		{"too few cells", row("\tWhat.", ""), "f.tsv:5:1: 8 cells, not 9"},
		{"too many cells", row("\tWhat.", "\tWhat.\tMore."), "f.tsv:5:1: 10 cells, not 9"},
		{"an empty cell", row("What.", ""), "f.tsv:5:60: an empty cell, or one with space around it"},
		{"space", row("What.", "What. "), "f.tsv:5:60: an empty cell, or one with space around it"},
		{"a gRPC code that is none", row("\tFAILED_PRECONDITION", "\tFAILED"), `f.tsv:5:6: "FAILED" is no gRPC code of an error`},
		{"OK", row("\tFAILED_PRECONDITION", "\tOK"), `f.tsv:5:6: "OK" is no gRPC code of an error`},
		{"a code that meshes repeat", row("\tFAILED_PRECONDITION", "\tUNAVAILABLE"), "f.tsv:5:6: CARD_EXPIRED cannot be UNAVAILABLE"},
		{"a reason that is none", row("\tCARD_EXPIRED", "\tEXPIRED"), `f.tsv:5:26: the contract has no decline reason "EXPIRED"`},
		{"the reason of no reason", row("\tCARD_EXPIRED", "\tUNSPECIFIED"), `f.tsv:5:26: the contract has no decline reason "UNSPECIFIED"`},
		{"a next step that is none", row("\tASK_TO_CORRECT_INPUT", "\tASK"), `f.tsv:5:39: the contract has no next step "ASK"`},
		{"an unclear outcome as a refusal", row("FAILED_PRECONDITION\tCARD_EXPIRED\tASK_TO_CORRECT_INPUT", "UNKNOWN\tPG_OUTAGE\tRETRY_LATER"),
			"f.tsv:5:24: an outcome that is UNKNOWN has the next step CHECK_PAYMENT, not RETRY_LATER"},
		{"a code twice", good + good[strings.Index(good, "CC54"):], `f.tsv:6:1: the code "CC54" stands here twice`},
		{"a long code", row("CC54", strings.Repeat("C", 201)), "f.tsv:5:1: a code longer than 200 bytes"},
		{"a long text", row("What.", strings.Repeat("w", 601)), "f.tsv:5:60: a text longer than 600 bytes"},
		{"a carriage return", strings.ReplaceAll(good, "\n", "\r\n"), "f.tsv:1:15: the control character U+000D"},
		{"a byte order mark", "\ufeff" + good, "f.tsv:1:1: the control character U+FEFF"},
		{"no UTF-8", row("What.", "Wh\xffat."), "f.tsv:5:62: not UTF-8"},
		{"a word that is general", "#word\tINVALID_CARD_NUMBER\n" + good, `f.tsv:1:7: "INVALID_CARD_NUMBER" is no word of its own`},
		{"a word that is not there", "#word\tCARD_IS_LOST\n" + good, `f.tsv:1:7: the file has no code "CARD_IS_LOST"`},
		{"too large", strings.Repeat("#\n", maxFile), "f.tsv: 8388608 bytes, more than 4194304"},
	}
	if _, err := parseDictionary("f.tsv", good); err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseDictionary("f.tsv", test.text)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}

// TestCustomDictionaries: the operator's count before the gateway's, code by code;
// two of them for one PG contradict each other.
func TestCustomDictionaries(t *testing.T) {
	files := fstest.MapFS{"mine.tsv": {Data: []byte(strings.Replace(good, "CARD_EXPIRED", "CARD_SUSPENDED", 1))}, "README.md": {Data: []byte("x")}}
	s, err := NewDictionaries(files)
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]string{"CC54": "mine", "CC61": "kcp"} {
		if d, ok := s.Explain(PG{Name: "KCP_V2", Confidence: named}, code); !ok || d.Dictionary() != want {
			t.Errorf("%s is explained by %v, want %s", code, d.m, want)
		}
	}
	if list := s.List(); list[0].Name != "mine" || !list[0].Custom || list[0].Codes != 1 || list[0].Sources[0] != (Source{"A book", "2020-07"}) ||
		list[1].Custom || !slices.IsSortedFunc(list[1:], func(a, b Dictionary) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("%v", list)
	}
	files["more.tsv"] = files["mine.tsv"]
	if _, err := NewDictionaries(files); err == nil || err.Error() != "mine.tsv and more.tsv both have the codes of KCP_V2" {
		t.Errorf("two dictionaries for a PG: %v", err)
	}
}

// FuzzDictionary: no file makes the reader panic, and what it takes is whole.
func FuzzDictionary(f *testing.F) {
	f.Add(good)
	f.Add("#word\tA_B_C\n" + good)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseDictionary("f.tsv", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f.tsv:") {
				t.Errorf("%v", err)
			}
			return
		}
		for code, m := range d.codes {
			if code == "" || m.source == nil || m.reason == 0 || m.next == 0 || m.code == 0 || !slices.Contains(outcomes[m.reason], m.code) {
				t.Errorf("%q: %+v", code, m)
			}
		}
	})
}

// TestDocumented compares the table of docs/declines.md with the dictionaries.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/declines.md")
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewDictionaries(nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, d := range s.List() {
		row := fmt.Sprintf("| `%s` | `%s` | %d |", d.Name, strings.Join(d.PGs, "`, `"), d.Codes)
		if !strings.Contains(string(text), row) {
			t.Errorf("docs/declines.md has no row %s", row)
		}
		rows++
	}
	if rows < 12 {
		t.Errorf("%d dictionaries", rows)
	}
	_, sample, _ := strings.Cut(string(text), "\n\n    #pg\t")
	sample, _, _ = strings.Cut(sample, "\n\n")
	if _, err := parseDictionary("sample.tsv", "#pg\t"+strings.ReplaceAll(sample, "\n    ", "\n")+"\n"); err != nil {
		t.Errorf("the sample of docs/declines.md: %v", err)
	}
}
