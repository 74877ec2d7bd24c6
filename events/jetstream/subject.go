package jetstream

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// Subjects are <name>.event.<environment>.<family>.<kind>.<store>, by which the server
// chooses events for subscriptions; <name>.requeue.<subscription>, for one subscription
// alone; and <name>.parked.<subscription>. They have no ids of payments: every distinct
// subject takes memory.

// maxCombinations is how many combinations of values a filter may have.
const maxCombinations = 64

// maxToken is how long a token of a subject gets before it is replaced by a hash.
const maxToken = 100

// token makes any text a token of a subject: "." and others mean something there. Equal
// tokens are of equal texts.
func token(text string) string {
	if text == "" {
		return "="
	}
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	if b.Len() > maxToken {
		sum := sha256.Sum256([]byte(text))
		return "=h" + hex.EncodeToString(sum[:16]) // no escape: "h" is no such digit
	}
	return b.String()
}

// typeTokens are those of a type: what is before the first point, and the rest.
func typeTokens(kind string) string {
	family, rest, _ := strings.Cut(kind, ".")
	return token(family) + "." + token(rest)
}

// names of one store.
type names string

func (n names) events() string { return strings.ToUpper(string(n)) + "_EVENTS" }
func (n names) parked() string { return strings.ToUpper(string(n)) + "_PARKED" }
func (n names) marks() string  { return string(n) + "-marks" }

func (n names) allEvents() string { return string(n) + ".event.>" }

func (n names) event(r *store.Record) string {
	return string(n) + ".event." + token(r.Environment) + "." + typeTokens(r.Type) + "." + token(r.StoreID)
}

func (n names) requeueOf(subscription string) string { return string(n) + ".requeue." + subscription }
func (n names) parkedOf(subscription string) string  { return string(n) + ".parked." + subscription }

// filters are the subjects of a filter's events. None contains another, which the
// server wants.
func (n names) filters(f *eventsv1.Filter) ([]string, error) {
	environments, stores := tokensOr(f.GetEnvironments()), tokensOr(f.GetStoreIds())
	types, err := typeFilters(f.GetTypes())
	if err != nil {
		return nil, err
	}
	if len(environments)*len(stores)*len(types) > maxCombinations {
		return nil, fmt.Errorf("%w: it has more than %d combinations of values", store.ErrFilter, maxCombinations)
	}
	var subjects []string
	for _, environment := range environments {
		for _, kind := range types {
			for _, id := range stores {
				subjects = append(subjects, string(n)+".event."+environment+"."+kind+"."+id)
			}
		}
	}
	if len(subjects) == 1 && strings.HasSuffix(subjects[0], ".event.*.*.*.*") {
		return []string{n.allEvents()}, nil
	}
	return subjects, nil
}

func tokensOr(values []string) []string {
	if len(values) == 0 {
		return []string{"*"}
	}
	tokens := make([]string, len(values))
	for i, value := range values {
		tokens[i] = token(value)
	}
	return distinct(tokens)
}

// typeFilters are the tokens of types; a family takes the place of its types.
func typeFilters(types []string) ([]string, error) {
	if len(types) == 0 {
		return []string{"*.*"}, nil
	}
	families := make(map[string]bool)
	for _, t := range types {
		if family, found := strings.CutSuffix(t, ".*"); found {
			families[family] = true
		}
	}
	var filters []string
	for _, t := range types {
		family, _, _ := strings.Cut(t, ".")
		if t == "" || family == "" || strings.Contains(strings.TrimSuffix(t, ".*"), "*") {
			return nil, fmt.Errorf("%w: %q is neither a type nor a family with .* after it", store.ErrFilter, t)
		}
		if families[family] {
			filters = append(filters, token(family)+".*")
		} else {
			filters = append(filters, typeTokens(t))
		}
	}
	return distinct(filters), nil
}

func distinct(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return slices.Compact(texts)
}

// matches reports whether a subject is one of those that filters name.
func matches(filters []string, subject string) bool {
	return slices.ContainsFunc(filters, func(filter string) bool { return matchesOne(filter, subject) })
}

func matchesOne(filter, subject string) bool {
	for {
		want, filterRest, more := strings.Cut(filter, ".")
		got, subjectRest, moreSubject := strings.Cut(subject, ".")
		switch {
		case want == ">":
			return true
		case want != "*" && want != got || more != moreSubject:
			return false
		case !more:
			return true
		}
		filter, subject = filterRest, subjectRest
	}
}
