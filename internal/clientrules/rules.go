package main

import (
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// advice is what to do about a failed call. The names are those of portoneerr.
type advice string

const (
	never      advice = "never"       // the same request fails again
	same       advice = "same"        // repeat the same request with the same key
	later      advice = "later"       // it may succeed later, as a new request
	checkFirst advice = "check_first" // read what became of it, and go by that
)

// byKind is the advice for mutations and for reads.
type byKind struct {
	Mutation advice `json:"mutation"`
	Read     advice `json:"read"`
}

func both(a advice) byKind { return byKind{a, a} }

// rules is rules.json.
type rules struct {
	Comment        string             `json:"comment"`
	Format         int                `json:"format"`
	Domains        domains            `json:"domains"`
	Details        details            `json:"details"`
	CallMetadata   map[string]string  `json:"callMetadata"`
	IdempotencyKey keyRules           `json:"idempotencyKey"`
	Asking         asking             `json:"asking"`
	Pages          pages              `json:"pages"`
	Retry          retry              `json:"retry"`
	Reasons        map[string]reason  `json:"reasons"`
	Methods        map[string]*method `json:"methods"`
}

// domains are those of the ErrorInfo of errors that the gateway made.
type domains struct {
	PortOne string `json:"portone"`
	Gateway string `json:"gateway"`
}

// details says where a status has what.
type details struct {
	Trailer      string            `json:"trailer"`
	ErrorInfo    string            `json:"errorInfo"`
	RetryInfo    string            `json:"retryInfo"`
	Localized    string            `json:"localizedMessage"`
	PortOneError string            `json:"portoneError"`
	Metadata     map[string]string `json:"errorInfoMetadata"`
}

// keyRules says what an idempotency key may be.
type keyRules struct {
	MinLength   int    `json:"minLength"`
	MaxLength   int    `json:"maxLength"`
	Pattern     string `json:"pattern"`
	NewLength   int    `json:"newLength"`
	NewAlphabet string `json:"newAlphabet"`
	KeptSeconds int    `json:"keptSeconds"`
}

// asking has the defaults of asking again.
type asking struct {
	AskAgainForMs int `json:"askAgainForMs"`
	AttemptMs     int `json:"attemptMs"`
	FirstWaitMs   int `json:"firstWaitMs"`
	LongestWaitMs int `json:"longestWaitMs"`
	LeastLeftMs   int `json:"leastLeftMs"` // for an attempt after the first
	MaxRetryMs    int `json:"maxRetryInfoMs"`
}

// pages says how far lists can be read by page.
type pages struct {
	MaxReach    int `json:"maxReach"`
	DefaultSize int `json:"defaultSize"`
	LargestSize int `json:"largestSize"`
}

// retry is how a failed call is taken, in the order of the members: the first that
// applies counts.
type retry struct {
	WithoutErrorInfo map[string]byKind `json:"withoutErrorInfo"` // by gRPC code
	NextSteps        map[string]advice `json:"nextSteps"`        // of mutations by DeclineNextStep, whatever the code
	GatewayReasons   map[string]byKind `json:"gatewayReasons"`   // by reason in the gateway's domain
	OutcomeUnknown   []string          `json:"outcomeUnknown"`   // of these, the reasons of an unknown outcome
	KnownReasons     []string          `json:"knownGatewayReasons"`
	NewUnknown       []string          `json:"outcomeUnknownCodes"` // of mutations, where the gateway's reason is not known
	AgainWithWait    []string          `json:"againWithRetryInfo"`
	PortOneCodes     map[string]byKind `json:"portoneCodes"` // by gRPC code, in PortOne's domain
	GatewayCodes     map[string]byKind `json:"gatewayCodes"` // by gRPC code, in the gateway's domain
	InsteadOfNever   map[string]advice `json:"nextStepsInsteadOfNever"`
	TellsNoOutcome   []string          `json:"portoneCodesThatTellNoOutcome"` // of an earlier attempt
}

// reason is what is known of an error type of PortOne's.
type reason struct {
	Code codeName `json:"code"`
	Read codeName `json:"codeOfReads,omitempty"` // where it is another one
	byKind
}

// codeName is a gRPC code by its name.
type codeName string

// nameOf is the name of a code as every language but Go has it.
func nameOf(code codes.Code) codeName {
	names := [...]codeName{"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
		"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL",
		"UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"}
	return names[code]
}

// allCodes are the codes of errors.
func allCodes(yield func(codes.Code) bool) {
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		if !yield(code) {
			return
		}
	}
}

// newRules makes rules.json.
func newRules() (*rules, error) {
	mapper, err := errmap.New()
	if err != nil {
		return nil, err
	}
	r := &rules{
		Comment: "Generated by go run ./internal/clientrules. clients/DESIGN.md says what the members mean.",
		Format:  1,
		Domains: domains{contract.PortOneDomain, contract.GatewayDomain},
		Details: details{
			Trailer: "grpc-status-details-bin", ErrorInfo: "google.rpc.ErrorInfo", RetryInfo: "google.rpc.RetryInfo",
			Localized: "google.rpc.LocalizedMessage", PortOneError: string((&portonev2.PortOneError{}).ProtoReflect().Descriptor().FullName()),
			Metadata: map[string]string{"operation": "operation", "httpStatus": "httpStatus", "idempotencyKey": "idempotencyKey", "truncated": "truncated"},
		},
		CallMetadata: map[string]string{"idempotencyKey": "idempotency-key", "requestId": "x-request-id", "language": "accept-language",
			"authorization": "authorization", "sandbox": "x-portone-sandbox"},
		IdempotencyKey: keyRules{MinLength: 16, MaxLength: 256, Pattern: `^[!#-\[\]-~][ !#-\[\]-~]{14,254}[!#-\[\]-~]$`,
			NewLength: 26, NewAlphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", KeptSeconds: 3 * 60 * 60},
		Asking: asking{AskAgainForMs: 60_000, AttemptMs: 75_000, FirstWaitMs: 200, LongestWaitMs: 5_000, LeastLeftMs: 250, MaxRetryMs: 60_000},
		Pages:  pages{MaxReach: 60_000, DefaultSize: 100, LargestSize: 1_000},
		Retry:  newRetry(),
	}
	if r.Reasons, err = newReasons(mapper, &r.Retry); err != nil {
		return nil, err
	}
	r.Methods, err = newMethods()
	return r, err
}

// newRetry says how failed calls are taken. A test holds it against portoneerr.
func newRetry() retry {
	r := retry{
		WithoutErrorInfo: make(map[string]byKind),
		NextSteps:        map[string]advice{"CHECK_PAYMENT": checkFirst},
		GatewayReasons: map[string]byKind{
			"OUTCOME_UNKNOWN":       both(same),
			"ANSWER_UNREADABLE":     both(same),
			"UPSTREAM_RATE_LIMITED": both(later),
			"CALLER_LIMIT":          both(later),
		},
		OutcomeUnknown: []string{"OUTCOME_UNKNOWN", "ANSWER_UNREADABLE"},
		NewUnknown:     []string{"UNKNOWN", "INTERNAL", "DEADLINE_EXCEEDED"},
		AgainWithWait:  []string{"UPSTREAM_RATE_LIMITED", "CALLER_LIMIT"},
		PortOneCodes:   make(map[string]byKind),
		GatewayCodes:   make(map[string]byKind),
		InsteadOfNever: map[string]advice{"RETRY_LATER": later},
		TellsNoOutcome: []string{"UNAUTHENTICATED", "PERMISSION_DENIED", "UNAVAILABLE", "ABORTED"},
	}
	for code := range allCodes {
		name := string(nameOf(code))
		r.WithoutErrorInfo[name] = byKind{Mutation: same, Read: never}
		r.PortOneCodes[name], r.GatewayCodes[name] = both(never), both(never)
	}
	// These come from a mesh or a wrong address: no one did anything.
	for _, code := range []codes.Code{codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented} {
		r.WithoutErrorInfo[string(nameOf(code))] = both(never)
	}
	// What a broken connection is called by one client library or another.
	for _, code := range []codes.Code{codes.Unavailable, codes.Canceled, codes.Internal, codes.Unknown, codes.Aborted} {
		r.WithoutErrorInfo[string(nameOf(code))] = both(same)
	}
	r.WithoutErrorInfo["DEADLINE_EXCEEDED"] = byKind{Mutation: same, Read: later}
	values := portonev2.GatewayReason(0).Descriptor().Values()
	for i := range values.Len() {
		if name := bare(portonev2.GatewayReason(values.Get(i).Number()), "GATEWAY_REASON_"); name != "" {
			r.KnownReasons = append(r.KnownReasons, name)
		}
	}
	for _, codesOf := range []map[string]byKind{r.PortOneCodes, r.GatewayCodes} {
		codesOf["UNAVAILABLE"], codesOf["ABORTED"] = both(same), both(same)
		codesOf["DEADLINE_EXCEEDED"] = both(later)
	}
	r.PortOneCodes["UNKNOWN"] = byKind{Mutation: checkFirst, Read: never}
	return r
}

// failure is a failed call as the rules see it.
type failure struct {
	code     codes.Code
	domain   string // of the ErrorInfo; empty if there is none of ours
	reason   string
	nextStep string
	mutation bool
}

// advise applies the rules: the algorithm that every client has.
func (r *rules) advise(f failure) advice {
	pick := func(k byKind) advice {
		if f.mutation {
			return k.Mutation
		}
		return k.Read
	}
	name := string(nameOf(f.code))
	var a advice
	switch f.domain {
	case r.Domains.PortOne:
		if a, found := r.Retry.NextSteps[f.nextStep]; found && f.mutation {
			return a
		}
		a = pick(r.Retry.PortOneCodes[name])
	case r.Domains.Gateway:
		if r.outcomeUnknown(f) {
			return same
		}
		k, found := r.Retry.GatewayReasons[f.reason]
		if !found {
			k = r.Retry.GatewayCodes[name]
		}
		a = pick(k)
	default:
		return pick(r.Retry.WithoutErrorInfo[name])
	}
	if instead, found := r.Retry.InsteadOfNever[f.nextStep]; found && a == never {
		return instead
	}
	return a
}

// outcomeUnknown reports whether PortOne may have carried a mutation out.
func (r *rules) outcomeUnknown(f failure) bool {
	switch {
	case !f.mutation || f.domain == r.Domains.PortOne:
		return false
	case f.domain == "":
		return r.Retry.WithoutErrorInfo[string(nameOf(f.code))].Mutation == same
	}
	return slices.Contains(r.Retry.OutcomeUnknown, f.reason) ||
		!slices.Contains(r.Retry.KnownReasons, f.reason) && slices.Contains(r.Retry.NewUnknown, string(nameOf(f.code)))
}

// newReasons lists PortOne's error types as errmap takes them.
func newReasons(mapper *errmap.Mapper, r *retry) (map[string]reason, error) {
	all := make(map[string]reason)
	values := portonev2.ErrorReason(0).Descriptor().Values()
	for i := range values.Len() {
		note, _ := proto.GetExtension(values.Get(i).Options(), portonev2.E_ErrorType).(*portonev2.ErrorType)
		if note == nil {
			continue
		}
		code := func(mutation bool) codes.Code {
			call := &errmap.Subject{Operation: &portonev2.Operation{Id: "example"}, Mutation: mutation, Key: "a-key-of-sixteen"}
			return mapper.Answer(call, max(int(note.GetHttpStatus()), 400), nil, fmt.Appendf(nil, `{"type":%q}`, note.GetType())).Code()
		}
		mutation, read := code(true), code(false)
		entry := reason{Code: nameOf(mutation), byKind: byKind{
			Mutation: r.PortOneCodes[string(nameOf(mutation))].Mutation,
			Read:     r.PortOneCodes[string(nameOf(read))].Read}}
		if read != mutation {
			entry.Read = nameOf(read)
		}
		all[note.GetType()] = entry
	}
	return all, nil
}
