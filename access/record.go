package access

import (
	"strings"

	"github.com/portone-gateway/portone-gateway/access/audit"
	"github.com/portone-gateway/portone-gateway/access/policy"
	"github.com/portone-gateway/portone-gateway/access/view"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// record is what is written down of an RPC's requests.
type record struct {
	rpc      string // as in the policy
	mutation bool
	plan     *view.Plan
	amount   []*view.Field
	currency *view.Field
	ids      []*view.Field
}

// newRecords makes those of all RPCs, by policy.Index.
func newRecords() ([]*record, error) {
	var types view.Types
	records := make([]*record, len(policy.Methods()))
	for i, m := range policy.Methods() {
		service := m.Service[strings.LastIndexByte(m.Service, '.')+1:]
		r := &record{rpc: service + "/" + m.Name, mutation: m.IsMutation()}
		records[i] = r
		if !r.mutation {
			continue // not written down
		}
		selection := r.choose(types.Of(m.Descriptor.Input()))
		var err error
		if r.plan, err = view.NewLenientPlan(&types, m, selection); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// choose chooses the fields: amount, or its total; currency; and ids and keys.
func (r *record) choose(root *view.Type) view.Selection {
	selection := make(view.Selection)
	for _, f := range root.Fields {
		switch {
		case f.List || f.Map:
			continue
		case f.Name == "amount" && f.Kind == view.Int:
			r.amount = []*view.Field{f}
		case f.Name == "amount" && f.Kind == view.Message && f.Of.Field("total") != nil:
			r.amount = []*view.Field{f, f.Of.Field("total")}
			selection[r.amount[1]] = true
		case f.Name == "currency" && f.Kind == view.Enum:
			r.currency = f
		case f.Kind == view.String && (f.Name == "id" || strings.HasSuffix(f.Name, "_id") || strings.HasSuffix(f.Name, "_key")):
			r.ids = append(r.ids, f)
		default:
			continue
		}
		selection[f] = true
	}
	return selection
}

// read writes into an entry what a request says.
func (r *record) read(e *audit.Entry, request *transcode.Request, hasher *audit.Hasher) {
	object, _ := r.plan.Read(request)
	if value, ok := object.Lookup(r.amount); ok {
		e.Amount = &value.Int
	}
	if r.currency != nil {
		value, _ := object.Get(r.currency)
		e.Currency = value.Text
	}
	if hasher == nil {
		return
	}
	for _, f := range r.ids {
		value, ok := object.Get(f)
		if !ok {
			continue
		}
		if e.IDs == nil {
			e.IDs = make(map[string]string, len(r.ids))
		}
		e.IDs[f.Name] = hasher.Hash(value.Text)
	}
}
