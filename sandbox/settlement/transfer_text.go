package settlement

import (
	"strings"

	"github.com/portone-gateway/portone-gateway/sandbox/textindex"
)

// textField is a text of transfers that never changes, in which parts are looked
// for.
type textField int

const (
	ownID textField = iota
	ownMemo
	ofPaymentID
	ofOrderName
	ofPartnerID
	ofPartnerName
	ofPartnerMemo
	ofProducts
	textFields // how many there are
)

var textOf = [textFields]func(*transfer) string{
	ownID:         func(t *transfer) string { return t.GetId() },
	ownMemo:       func(t *transfer) string { return t.GetMemo() },
	ofPaymentID:   (*transfer).paymentID,
	ofOrderName:   (*transfer).orderName,
	ofPartnerID:   func(t *transfer) string { return t.GetPartner().GetId() },
	ofPartnerName: func(t *transfer) string { return t.GetPartner().GetName() },
	ofPartnerMemo: func(t *transfer) string { return t.GetPartner().GetMemo() },
	ofProducts:    (*transfer).productText,
}

func (t *transfer) productText() string {
	var texts []string
	for _, l := range t.lines() {
		texts = append(texts, l.GetProduct().GetId(), l.GetProduct().GetName())
	}
	return strings.Join(texts, "\n")
}

// transferTexts are the texts of all transfers, by field. A row is a transfer, by its
// number.
type transferTexts [textFields]textindex.Column

func (x *transferTexts) add(t *transfer) {
	for field, text := range textOf {
		x[field].Set(int(t.number), text(t))
	}
}

func (x *transferTexts) remove(t *transfer) {
	for field := range textOf {
		x[field].Set(int(t.number), "")
	}
}

// have is met by transfers with a text that contains the one given, whatever its
// case: by all that a filter can find, and some that it cannot. Nil asks for nothing.
func (x *transferTexts) have(given *string, fields ...textField) condition[*transfer] {
	if given == nil {
		return nil
	}
	var matches []textindex.Match
	for _, field := range fields {
		if match := x[field].Find(*given); match.Any() {
			matches = append(matches, match)
		}
	}
	return func(t *transfer) bool {
		for i := range matches {
			if matches[i].Row(int(t.number)) {
				return true
			}
		}
		return false
	}
}

// containing is met by transfers with a text of a field that contains the one given;
// nil asks for nothing.
func (x *transferTexts) containing(given *string, field textField) condition[*transfer] {
	if given == nil {
		return nil
	}
	return all(x.have(given, field), containing(given, only(textOf[field])))
}

// containingAny is the same for all fields, and for the ids of settlement and payout,
// which transfers get later.
func (x *transferTexts) containingAny(given *string) condition[*transfer] {
	if given == nil {
		return nil
	}
	mayHave := x.have(given, ownID, ownMemo, ofPaymentID, ofOrderName, ofPartnerID, ofPartnerName, ofPartnerMemo, ofProducts)
	has := containing(given, (*transfer).anyText)
	return func(t *transfer) bool {
		return mayHave(t) && has(t) || strings.Contains(t.settlementID(), *given) || strings.Contains(t.payoutID(), *given)
	}
}
