package errmap

import (
	"embed"
	"fmt"
	"path"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// pgFiles has one dictionary a PG, called after PortOne's name for it in lower
// case: pg/tosspayments.tsv is TOSSPAYMENTS. Adding a PG is adding a file.
//
//go:embed pg/*.tsv
var pgFiles embed.FS

// decline is what a PG's code means.
type decline struct {
	pg          string
	pgCode      string
	code        codes.Code
	reason      portonev2.DeclineReason
	next        portonev2.DeclineNextStep
	explanation [languages]string
	advice      [languages]string
	wire        [languages][]byte // the field of PortOneError that says all this
}

// dictionaries has the codes of all PGs. PortOne does not say in an error which PG
// a code is from; it counts if all PGs that have it mean the same.
type dictionaries map[string]*decline // nil for a code that PGs understand differently

func newDictionaries() (dictionaries, error) {
	d := make(dictionaries)
	files, err := pgFiles.ReadDir("pg")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := pgFiles.ReadFile(path.Join("pg", file.Name()))
		if err != nil {
			return nil, err
		}
		pg := strings.ToUpper(strings.TrimSuffix(file.Name(), ".tsv"))
		if _, known := portonev2.PgProvider_value["PG_PROVIDER_"+pg]; !known {
			return nil, fmt.Errorf("pg/%s: PortOne knows no PG %s", file.Name(), pg)
		}
		for n, cells := range tsvLines(string(text), 8) {
			entry, err := newDecline(pg, cells)
			if err != nil {
				return nil, fmt.Errorf("pg/%s: line %d: %w", file.Name(), n, err)
			}
			d.add(entry)
		}
	}
	return d, nil
}

func (d dictionaries) add(entry *decline) {
	other, taken := d[entry.pgCode]
	if taken && (other == nil || other.reason != entry.reason || other.code != entry.code) {
		d[entry.pgCode] = nil
		return
	}
	d[entry.pgCode] = entry
}

func newDecline(pg string, cells []string) (*decline, error) {
	e := &decline{
		pg: pg, pgCode: cells[0],
		explanation: [languages]string{English: cells[4], Korean: cells[6]},
		advice:      [languages]string{English: cells[5], Korean: cells[7]},
	}
	if err := e.code.UnmarshalJSON([]byte(`"` + cells[1] + `"`)); err != nil || e.code == codes.OK {
		return nil, fmt.Errorf("%s is no code of an error", cells[1])
	}
	reason, ok := portonev2.DeclineReason_value["DECLINE_REASON_"+cells[2]]
	if !ok {
		return nil, fmt.Errorf("the contract has no decline reason %s", cells[2])
	}
	next, ok := portonev2.DeclineNextStep_value["DECLINE_NEXT_STEP_"+cells[3]]
	if !ok {
		return nil, fmt.Errorf("the contract has no next step %s", cells[3])
	}
	e.reason, e.next = portonev2.DeclineReason(reason), portonev2.DeclineNextStep(next)
	for l := range e.wire {
		var err error
		if e.wire[l], err = proto.Marshal(&portonev2.PortOneError{Decline: &portonev2.PgDecline{
			PgProvider: &e.pg, PgCode: &e.pgCode, Reason: &e.reason, NextStep: &e.next,
			Explanation: &e.explanation[l], Advice: &e.advice[l],
		}}); err != nil {
			return nil, err
		}
	}
	return e, nil
}
