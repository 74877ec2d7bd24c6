package declines

import (
	"context"
	"strings"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/metadata"

	gatewayv1 "github.com/portone-gateway/portone-gateway/gen/portone/gateway/v1"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/errmap"
)

// maxText is how long a text in a request may be, in bytes; a PG's code, which is
// the longest, has 200 in a dictionary at most.
const maxText = 200

// Service implements DeclineService with the dictionaries of a mapper. It is safe
// for concurrent use and calls no one.
type Service struct {
	gatewayv1.UnimplementedDeclineServiceServer

	mapper *errmap.Mapper
}

// New makes a service that explains codes as the errors of the mapper do.
func New(mapper *errmap.Mapper) *Service { return &Service{mapper: mapper} }

// ExplainDecline implements gatewayv1.DeclineServiceServer. Its errors are of type
// *errmap.Error.
func (s *Service) ExplainDecline(ctx context.Context, r *gatewayv1.ExplainDeclineRequest) (*gatewayv1.ExplainDeclineResponse, error) {
	if field, problem := check(r); problem != "" {
		return nil, s.mapper.Invalid(&errmap.Subject{Language: languageOf(ctx)}, field, problem, nil)
	}
	d, ok := s.mapper.Dictionaries().Explain(s.pgOf(r), r.GetPgCode())
	if !ok {
		return &gatewayv1.ExplainDeclineResponse{}, nil
	}
	e := &gatewayv1.DeclineExplanation{
		PgProvider: d.PgProvider(), PgCode: d.PgCode(), Reason: d.Reason(), NextStep: d.NextStep(),
		Confidence: d.Confidence(), Dictionary: d.Dictionary(), Code: code.Code(d.Code()),
	}
	for _, l := range []errmap.Language{errmap.English, errmap.Korean} {
		e.Texts = append(e.Texts, &gatewayv1.DeclineText{Locale: l.Tag(), Explanation: d.Explanation(l), Advice: d.Advice(l)})
	}
	return &gatewayv1.ExplainDeclineResponse{Explanation: e}, nil
}

// pgOf is what is known of the PG: what the request names, or what its channel is
// known to be at.
func (s *Service) pgOf(r *gatewayv1.ExplainDeclineRequest) errmap.PG {
	if name := strings.TrimPrefix(r.GetPgProvider(), pgPrefix); name != "" {
		return errmap.PG{Name: name, Confidence: portonev2.DeclineConfidence_DECLINE_CONFIDENCE_PG_NAMED}
	}
	return s.mapper.Channels().Lookup(r.GetStoreId(), r.GetChannelKey())
}

// pgPrefix begins the names of PgProvider in the contract, which are taken too.
const pgPrefix = "PG_PROVIDER_"

// check finds what cannot be a code, a PG, a channel or a store. A PG that the
// contract does not know is none of these: PortOne adds PGs at any time.
func check(r *gatewayv1.ExplainDeclineRequest) (field, problem string) {
	texts := []struct{ field, text string }{
		{"pgCode", r.GetPgCode()}, {"pgProvider", r.GetPgProvider()}, {"channelKey", r.GetChannelKey()}, {"storeId", r.GetStoreId()},
	}
	for _, t := range texts {
		switch {
		case len(t.text) > maxText:
			return t.field, "is longer than 200 bytes"
		case !utf8.ValidString(t.text):
			return t.field, "is not UTF-8"
		}
	}
	name := strings.TrimPrefix(r.GetPgProvider(), pgPrefix)
	isOther := func(c rune) bool { return (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' }
	switch {
	case r.GetPgCode() == "":
		return "pgCode", "is missing"
	case name == "UNSPECIFIED", name == "" && r.GetPgProvider() != "", strings.ContainsFunc(name, isOther):
		return "pgProvider", "is no name of a PG, which has capital letters, digits and underscores, such as KCP_V2"
	}
	return "", ""
}

// languageOf is the language that the caller asks for.
func languageOf(ctx context.Context) errmap.Language {
	return errmap.ParseLanguage(strings.Join(metadata.ValueFromIncomingContext(ctx, "accept-language"), ","))
}

// ListDeclineDictionaries implements gatewayv1.DeclineServiceServer.
func (s *Service) ListDeclineDictionaries(context.Context, *gatewayv1.ListDeclineDictionariesRequest) (*gatewayv1.ListDeclineDictionariesResponse, error) {
	answer := new(gatewayv1.ListDeclineDictionariesResponse)
	for _, d := range s.mapper.Dictionaries().List() {
		entry := &gatewayv1.DeclineDictionary{Name: d.Name, PgProviders: d.PGs, Codes: int32(d.Codes), Custom: d.Custom}
		for _, source := range d.Sources {
			entry.Sources = append(entry.Sources, &gatewayv1.DeclineSource{Title: source.Title, Date: source.Date})
		}
		answer.Dictionaries = append(answer.Dictionaries, entry)
	}
	return answer, nil
}
