package errmap

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// pgFiles has a dictionary in each file. Which of PortOne's PG modules share it is
// decided by hand and stands in it.
//
//go:embed pg/*.tsv
var pgFiles embed.FS

// meaning is what a PG's code means.
type meaning struct {
	pgCode      string
	word        bool // says by itself what it means
	dictionary  *dictionary
	source      *Source
	code        codes.Code
	reason      portonev2.DeclineReason
	next        portonev2.DeclineNextStep
	explanation [languages]string
	advice      [languages]string
	wire        [languages][]byte // a PgDecline that says this, without the PG
}

// dictionary has the codes of a PG.
type dictionary struct {
	name    string
	pgs     []string // as PortOne calls them
	sources []*Source
	custom  bool // the operator's
	codes   map[string]*meaning
}

// PG is what is known of the PG that a code is from. The zero value is one of which
// nothing is known.
type PG struct {
	// Name is PortOne's name for it, such as KCP_V2.
	Name string
	// Confidence says how it is known.
	Confidence portonev2.DeclineConfidence
}

// Decline is what a PG's code means, and how sure that is.
type Decline struct {
	pg PG // the zero value where the PG is not known
	m  *meaning
}

// PgProvider is PortOne's name for the PG; empty where it is not known.
func (d Decline) PgProvider() string { return d.pg.Name }

// PgCode is the PG's code.
func (d Decline) PgCode() string { return d.m.pgCode }

// Dictionary is the name of the dictionary that explains it; empty where the PG is
// not known.
func (d Decline) Dictionary() string {
	if d.pg.Name == "" {
		return ""
	}
	return d.m.dictionary.name
}

// Confidence says how it is known which PG the code is from.
func (d Decline) Confidence() portonev2.DeclineConfidence {
	if d.pg.Name == "" {
		return portonev2.DeclineConfidence_DECLINE_CONFIDENCE_DICTIONARIES_AGREE
	}
	return d.pg.Confidence
}

// Code is the gRPC code of a call that fails so. Unknown is an unclear outcome.
func (d Decline) Code() codes.Code { return d.m.code }

// Reason says why, in terms that are the same for every PG.
func (d Decline) Reason() portonev2.DeclineReason { return d.m.reason }

// NextStep says what to do about it.
func (d Decline) NextStep() portonev2.DeclineNextStep { return d.m.next }

// Explanation says what happened.
func (d Decline) Explanation(l Language) string { return d.m.explanation[l] }

// Advice says what to do about it.
func (d Decline) Advice(l Language) string { return d.m.advice[l] }

// Numbers of PgDecline's fields that depend on the case.
const (
	declinePgProvider = 1
	declineConfidence = 7
	declineDictionary = 8
	declineChannelKey = 9
)

// appendTo appends a PgDecline as a field of the given number. The channel's key may
// be empty.
func (d Decline) appendTo(dst []byte, number protowire.Number, l Language, channelKey string) []byte {
	own := make([]byte, 0, 128)
	if d.pg.Name != "" {
		own = appendString(own, declinePgProvider, d.pg.Name)
		own = appendString(own, declineDictionary, d.m.dictionary.name)
	}
	own = appendVarint(own, declineConfidence, uint64(d.Confidence()))
	if channelKey != "" {
		own = appendString(own, declineChannelKey, channelKey)
	}
	dst = protowire.AppendTag(dst, number, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(len(d.m.wire[l])+len(own)))
	return append(append(dst, d.m.wire[l]...), own...)
}

// marshal prepares what is the same in every PgDecline.
func (m *meaning) marshal() error {
	for l := range m.wire {
		var err error
		if m.wire[l], err = proto.Marshal(&portonev2.PgDecline{
			PgCode: &m.pgCode, Reason: &m.reason, NextStep: &m.next, Explanation: &m.explanation[l], Advice: &m.advice[l],
		}); err != nil {
			return err
		}
	}
	return nil
}

// same reports whether two dictionaries mean the same by a code, to the letter.
func (m *meaning) same(other *meaning) bool {
	return m.word == other.word && m.code == other.code && m.reason == other.reason && m.next == other.next &&
		m.explanation == other.explanation && m.advice == other.advice
}

// Dictionaries explain the codes of PGs. They never change, and are safe for
// concurrent use.
type Dictionaries struct {
	all    []*dictionary            // sorted: the operator's first, then by name
	byPG   map[string][]*dictionary // the operator's first
	agreed map[string]*meaning      // words on which all agree; nil for other codes

	// unclear has the codes by which some PG means that the outcome is unclear.
	unclear map[string]bool
}

// NewDictionaries reads the gateway's own dictionaries and those of the operator,
// which are the files *.tsv at the root of custom; nil if there are none. For a PG
// that both have, the operator's count first, code by code. The error says in which
// file, line and column something is wrong.
func NewDictionaries(custom fs.FS) (*Dictionaries, error) {
	own, err := fs.Sub(pgFiles, "pg")
	if err != nil {
		return nil, err
	}
	all, err := readDictionaries(own)
	if err != nil {
		return nil, err
	}
	if custom != nil {
		more, err := readDictionaries(custom)
		if err != nil {
			return nil, err
		}
		for _, d := range more {
			d.custom = true
		}
		all = append(more, all...)
	}
	return combine(all)
}

// readDictionaries reads the files of a folder, in the order of their names.
func readDictionaries(folder fs.FS) ([]*dictionary, error) {
	entries, err := fs.ReadDir(folder, ".") // fs.Glob takes a folder that is gone for an empty one
	if err != nil {
		return nil, err
	}
	var all []*dictionary
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".tsv") {
			continue
		}
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		d, err := parseDictionary(name, string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// combine makes the look-ups. The operator's dictionaries come first.
func combine(all []*dictionary) (*Dictionaries, error) {
	s := &Dictionaries{all: all, byPG: make(map[string][]*dictionary), agreed: make(map[string]*meaning), unclear: make(map[string]bool)}
	for _, d := range all {
		for _, pg := range d.pgs {
			for _, other := range s.byPG[pg] {
				if other.custom == d.custom {
					return nil, fmt.Errorf("%s.tsv and %s.tsv both have the codes of %s", other.name, d.name, pg)
				}
			}
			s.byPG[pg] = append(s.byPG[pg], d)
		}
		for code, m := range d.codes {
			if m.code == codes.Unknown {
				s.unclear[code] = true
			}
			if other, taken := s.agreed[code]; taken && (other == nil || !other.same(m)) {
				s.agreed[code] = nil // and stays so
			} else if !taken && m.word {
				s.agreed[code] = m
			} else if !taken {
				s.agreed[code] = nil
			}
		}
	}
	return s, nil
}

// Explain says what a code means. Where the PG is known, its dictionary alone
// counts. Where it is not, a code is explained only if it is a word that says by
// itself what it means, and every dictionary that has it means the same: a wrong explanation is worse than
// none.
func (s *Dictionaries) Explain(pg PG, pgCode string) (Decline, bool) {
	if pg.Name == "" {
		m := s.agreed[pgCode]
		return Decline{m: m}, m != nil
	}
	for _, d := range s.byPG[pg.Name] {
		if m := d.codes[pgCode]; m != nil {
			return Decline{pg: pg, m: m}, true
		}
	}
	return Decline{}, false
}

// MayBeUnclear reports whether a code of a PG that is not known may mean that the
// outcome is unclear: some PG means that by it. Nothing is explained then, but
// no one is told either that the PG refused: to believe wrongly in a refusal charges
// twice, to doubt wrongly costs one look at the payment.
func (s *Dictionaries) MayBeUnclear(pgCode string) bool { return s.unclear[pgCode] }

// Dictionary describes one of the dictionaries.
type Dictionary struct {
	Name    string   // that of its file, without .tsv
	PGs     []string // as PortOne calls them
	Codes   int      // how many it has
	Sources []Source
	Custom  bool // the operator's
}

// List describes the dictionaries, the operator's before the gateway's, each sorted
// by name.
func (s *Dictionaries) List() []Dictionary {
	list := make([]Dictionary, 0, len(s.all))
	for _, d := range s.all {
		entry := Dictionary{Name: d.name, PGs: slices.Clone(d.pgs), Codes: len(d.codes), Custom: d.custom}
		for _, source := range d.sources {
			entry.Sources = append(entry.Sources, *source)
		}
		list = append(list, entry)
	}
	slices.SortStableFunc(list, func(a, b Dictionary) int {
		if a.Custom != b.Custom {
			return map[bool]int{true: -1, false: 1}[a.Custom]
		}
		return strings.Compare(a.Name, b.Name)
	})
	return list
}
