package b2b

import (
	"slices"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// condition is one that invoices have to meet.
type condition func(*invoice) bool

// conditions are those of a filter: one for each member that is present and not
// empty.
func (m *mode) conditions(f *portonev2.GetB2BTaxInvoicesBodyFilter) ([]condition, error) {
	if f == nil {
		return nil, nil
	}
	all, err := m.primaryConditions(f.GetPrimaryFilter())
	if err != nil {
		return nil, err
	}
	when := func(present bool, c condition) {
		if present {
			all = append(all, c)
		}
	}
	when(f.SupplierBrn != nil, func(inv *invoice) bool { return inv.listed.supplier == f.GetSupplierBrn() })
	when(f.PartnerBrn != nil, func(inv *invoice) bool { return inv.listed.partner() == f.GetPartnerBrn() })
	when(len(f.Statuses) > 0, func(inv *invoice) bool { return slices.Contains(f.Statuses, inv.listed.status) })
	when(len(f.TaxationTypes) > 0, func(inv *invoice) bool { return slices.Contains(f.TaxationTypes, inv.listed.taxation) })
	when(len(f.DocumentModificationTypes) > 0, func(inv *invoice) bool {
		return slices.Contains(f.DocumentModificationTypes, inv.listed.document)
	})
	when(f.IsDelayed != nil, func(inv *invoice) bool { return inv.listed.delayed == f.GetIsDelayed() })
	when(len(f.IssuanceTypes) > 0, func(inv *invoice) bool { return slices.Contains(f.IssuanceTypes, inv.listed.issuance) })
	when(len(f.PurposeTypes) > 0, func(inv *invoice) bool { return slices.Contains(f.PurposeTypes, inv.listed.purpose) })
	when(f.CounterpartyId != nil, m.withCounterparty(f.GetCounterpartyId(), f.GetIncludeBrnMatch()))
	return all, nil
}

// withCounterparty is met by invoices with a counterparty and, where the BRN
// counts too, by those with its business.
func (m *mode) withCounterparty(id string, byBRN bool) condition {
	brn := ""
	if c := m.counterparties.byID[id]; c != nil && byBRN {
		brn = c.GetBrn()
	}
	return func(inv *invoice) bool {
		return inv.with(id) || brn != "" && (inv.listed.supplier == brn || inv.listed.recipient == brn)
	}
}

// primaryConditions is the one condition of a primary filter, or none if the
// filter is empty.
func (m *mode) primaryConditions(f *portonev2.GetB2BTaxInvoicesBodyPrimaryFilter) ([]condition, error) {
	var all []condition
	equals := func(wanted *string, value func(*invoice) string) {
		if wanted != nil {
			all = append(all, func(inv *invoice) bool { return value(inv) == *wanted })
		}
	}
	if f == nil {
		return nil, nil
	}
	equals(f.TaxInvoiceId, func(inv *invoice) string { return inv.GetId() })
	equals(f.BulkTaxInvoiceId, func(inv *invoice) string { return inv.GetBulkTaxInvoiceId() })
	equals(f.NtsApprovalNumber, func(inv *invoice) string { return inv.GetNtsApprovalNumber() })
	equals(f.SupplierDocumentKey, func(inv *invoice) string { return inv.GetSupplierDocumentKey() })
	equals(f.RecipientDocumentKey, func(inv *invoice) string { return inv.GetRecipientDocumentKey() })
	equals(f.PayoutId, func(inv *invoice) string { return inv.payoutID })
	if len(f.TaxInvoiceIds) > 0 {
		all = append(all, func(inv *invoice) bool { return slices.Contains(f.TaxInvoiceIds, inv.GetId()) })
	}
	if f.DateFilter != nil {
		inPeriod, err := m.inPeriod(f.GetDateFilter())
		if err != nil {
			return nil, err
		}
		all = append(all, inPeriod)
	}
	if len(all) > 1 {
		return nil, world.Invalid("filter.primaryFilter: only one of its members may be set")
	}
	return all, nil
}

// period is a range of days in Korea.
type period struct {
	from, until int64 // the first and the last day, YYYYMMDD
	begin, end  int64 // the same in seconds since 1970; end is not in it
}

func (p period) hasDay(date int64) bool { return p.from <= date && date <= p.until }

func (p period) hasTime(seconds int64) bool { return p.begin <= seconds && seconds < p.end }

// dateOf tells for each date of an invoice whether it is in a period. By default
// it is that of registration.
var dateOf = map[portonev2.B2BSearchDateType]func(*invoice, period) bool{
	portonev2.B2BSearchDateType_B2B_SEARCH_DATE_TYPE_UNSPECIFIED: func(inv *invoice, p period) bool { return p.hasTime(inv.listed.drafted) },
	portonev2.B2BSearchDateType_B2B_SEARCH_DATE_TYPE_REGISTER:    func(inv *invoice, p period) bool { return p.hasTime(inv.listed.drafted) },
	portonev2.B2BSearchDateType_B2B_SEARCH_DATE_TYPE_WRITE:       func(inv *invoice, p period) bool { return p.hasDay(inv.listed.writeDate) },
	portonev2.B2BSearchDateType_B2B_SEARCH_DATE_TYPE_ISSUE:       func(inv *invoice, p period) bool { return inv.listed.issued != 0 && p.hasTime(inv.listed.issued) },
}

// inPeriod is met by invoices whose date is in one of the periods of a filter.
func (m *mode) inPeriod(f *portonev2.GetB2BTaxInvoicesBodyDateFilter) (condition, error) {
	ranges := f.GetDateRange()
	if len(ranges) == 0 {
		ranges = []*portonev2.DateRangeOption{nil}
	}
	periods := make([]period, len(ranges))
	for i, r := range ranges {
		var err error
		if periods[i], err = m.period(r); err != nil {
			return nil, err
		}
	}
	isIn := dateOf[f.GetDateType()]
	return func(inv *invoice) bool {
		return slices.ContainsFunc(periods, func(p period) bool { return isIn(inv, p) })
	}, nil
}

// period reads a range. It begins a month ago and ends today, unless it says
// otherwise.
func (m *mode) period(r *portonev2.DateRangeOption) (period, error) {
	today := m.today()
	from, err := dayOr(r.GetFrom(), today.AddDate(0, -1, 0))
	if err != nil {
		return period{}, err
	}
	until, err := dayOr(r.GetUntil(), today)
	if err != nil {
		return period{}, err
	}
	if from.After(until) && r.GetFrom() != "" {
		return period{}, world.Invalid("filter.primaryFilter.dateFilter.dateRange: ends before it begins")
	}
	return period{
		from: dayNumber(from.Format(time.DateOnly)), until: dayNumber(until.Format(time.DateOnly)),
		begin: midnight(from).Unix(), end: midnight(until.AddDate(0, 0, 1)).Unix(),
	}, nil
}

// dayOr reads a date; an empty one is the default.
func dayOr(text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	read, err := parseDay(text)
	if err != nil {
		return time.Time{}, world.Invalid("filter.primaryFilter.dateFilter.dateRange: %q is no date YYYY-MM-DD", text)
	}
	return read, nil
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, world.Korea)
}
