package errmap

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

const (
	configured = portonev2.DeclineConfidence_DECLINE_CONFIDENCE_CHANNEL_CONFIGURED
	named      = portonev2.DeclineConfidence_DECLINE_CONFIDENCE_PG_NAMED
	agree      = portonev2.DeclineConfidence_DECLINE_CONFIDENCE_DICTIONARIES_AGREE
)

// at is a mapper to which the channels are configured that the test cards use:
// channel-<PG> is at the PG.
func at(t testing.TB) *Mapper {
	m := mapper(t)
	keys := make(map[string]string)
	for name, number := range portonev2.PgProvider_value {
		if pg := strings.TrimPrefix(name, "PG_PROVIDER_"); number != 0 {
			keys["channel-"+pg] = pg
		}
	}
	channels, err := NewChannels(keys)
	if err != nil {
		t.Fatal(err)
	}
	m.UseChannels(channels)
	return m
}

// declined is what a payment ends with on a channel of a PG; of none if it is empty.
func declined(t testing.TB, m *Mapper, pg, pgCode string, l Language) *Error {
	call := &Subject{Operation: operation(t, "payWithBillingKey"), Mutation: true, Language: l}
	if pg != "" {
		call.Channel = func() (string, string) { return "", "channel-" + pg }
	}
	return m.Answer(call, 502, nil, fmt.Appendf(nil, `{"type":"PG_PROVIDER","pgCode":%q,"pgMessage":"m"}`, pgCode))
}

// TestDeclines shows what a PG's code adds: by PG, and where the PG is not known.
func TestDeclines(t *testing.T) {
	m := at(t)
	const ( // shorter
		lost      = portonev2.DeclineReason_DECLINE_REASON_CARD_LOST_OR_STOLEN
		duplicate = portonev2.DeclineReason_DECLINE_REASON_DUPLICATE_ORDER
		fraud     = portonev2.DeclineReason_DECLINE_REASON_SUSPECTED_FRAUD
		details   = portonev2.DeclineReason_DECLINE_REASON_INVALID_CARD_DETAILS
		number    = portonev2.DeclineReason_DECLINE_REASON_INVALID_CARD_NUMBER
		buyer     = portonev2.DeclineReason_DECLINE_REASON_BUYER_CANCELLED
		login     = portonev2.DeclineReason_DECLINE_REASON_AUTHENTICATION_FAILED
		issuer    = portonev2.DeclineReason_DECLINE_REASON_ISSUER_OUTAGE
	)
	tests := []struct {
		pg, pgCode string
		code       codes.Code
		reason     portonev2.DeclineReason // 0 for no explanation
		dictionary string
		confidence portonev2.DeclineConfidence
	}{
		{"TOSSPAYMENTS", "INVALID_CARD_LOST_OR_STOLEN", codes.FailedPrecondition, lost, "tosspayments", configured},
		{"TOSSPAYMENTS", "DUPLICATED_ORDER_ID", codes.AlreadyExists, duplicate, "tosspayments", configured},
		{"TOSSPAYMENTS", "INVALID_PASSWORD", codes.FailedPrecondition, login, "tosspayments", configured},
		{"EXIMBAY_V2", "INVALID_PASSWORD", codes.InvalidArgument, details, "eximbay", configured},
		{"NICE_V2", "3011", codes.InvalidArgument, number, "nice", configured},
		{"KCP_V2", "3001", codes.FailedPrecondition, buyer, "kcp", configured},
		{"KCP_V2", "CC72", codes.Unknown, issuer, "kcp", configured},
		{"NICE_V2", "3001", codes.FailedPrecondition, 0, "", 0}, // its approval
		{"KICC_V2", "8350", codes.FailedPrecondition, lost, "kicc", configured},
		{"KCP_V2", "PAY_PROCESS_CANCELED", codes.FailedPrecondition, 0, "", 0}, // Toss's word, but KCP's channel
		{"TOSSPAYMENTS", "SUSPECTED_PHISHING_PAYMENT", codes.FailedPrecondition, fraud, "tosspayments", configured},
		{"", "SUSPECTED_PHISHING_PAYMENT", codes.FailedPrecondition, 0, "", 0}, // explained in terms of Toss's own services
		{"", "PAY_PROCESS_CANCELED", codes.FailedPrecondition, buyer, "", agree},
		{"", "STOLEN_OR_LOST_CARD", codes.FailedPrecondition, lost, "", agree},
		{"", "INVALID_PASSWORD", codes.FailedPrecondition, 0, "", 0},
		{"", "INVALID_CARD_NUMBER", codes.FailedPrecondition, 0, "", 0},
		{"", "3011", codes.FailedPrecondition, 0, "", 0},
		{"", "CC72", codes.Unknown, 0, "", 0}, // KCP's time-out, if it is KCP's
		{"", "E-17", codes.FailedPrecondition, 0, "", 0},
		{"", "", codes.FailedPrecondition, 0, "", 0},
	}
	for _, test := range tests {
		t.Run(test.pg+" "+test.pgCode, func(t *testing.T) {
			e := declined(t, m, test.pg, test.pgCode, Korean)
			detail := portoneOf(e.Full())
			d := detail.GetDecline()
			if e.Code() != test.code || d.GetReason() != test.reason || detail.GetPgProvider().GetPgCode() != test.pgCode {
				t.Errorf("%s, %v", e.Code(), detail)
			}
			if test.reason == 0 {
				if d != nil {
					t.Errorf("explained: %v", d)
				}
				return
			}
			pg := test.pg
			if test.confidence == agree && (d.PgProvider != nil || d.Dictionary != nil) {
				t.Errorf("a PG is named though none is known: %v", d)
			}
			if d.GetPgProvider() != pg || d.GetPgCode() != test.pgCode || d.GetDictionary() != test.dictionary || d.GetConfidence() != test.confidence || d.GetAdvice() == "" {
				t.Errorf("%v", d)
			}
			if text := detailOf[*errdetails.LocalizedMessage](e.Full()); text.GetLocale() != "ko-KR" || text.GetMessage() != d.GetExplanation() {
				t.Errorf("%v", text)
			}
		})
	}
	read := m.Answer(&Subject{Operation: operation(t, "getPgCardPromotions")}, 502, nil, []byte(`{"type":"PG_PROVIDER","pgCode":"PROVIDER_ERROR","pgMessage":"m"}`))
	if read.Code() != codes.Unavailable {
		t.Errorf("an outage of the PG to a read: %s", read.Code())
	}
}

// TestNeverWrong: for every code of every dictionary and every PG, known or not, an
// explanation is that PG's own; where the PG is not known, it is that of every
// dictionary which has the code, and the code is no number and no general word.
func TestNeverWrong(t *testing.T) {
	s := mapper(t).Dictionaries()
	own := make(map[string]map[string]*meaning) // by PG
	all := make(map[string]bool)
	for _, d := range s.all {
		for _, pg := range d.pgs {
			own[pg] = d.codes
		}
		for code := range d.codes {
			all[code] = true
		}
	}
	pgs := []string{"", "A_PG_FROM_TOMORROW"}
	for name, number := range portonev2.PgProvider_value {
		if number != 0 {
			pgs = append(pgs, strings.TrimPrefix(name, "PG_PROVIDER_"))
		}
	}
	explained := 0
	for _, pg := range pgs {
		for code := range all {
			d, ok := s.Explain(PG{Name: pg, Confidence: named}, code)
			if pg != "" {
				if want := own[pg][code]; ok != (want != nil) || ok && d.m != want {
					t.Errorf("%s %s: %v, want %v", pg, code, d.m, want)
				}
				continue
			}
			if !ok {
				continue
			}
			explained++
			if d.PgProvider() != "" || d.Dictionary() != "" || d.Confidence() != agree {
				t.Errorf("%s: a PG is named", code)
			}
			if strings.ContainsAny(code, "0123456789-") || strings.HasPrefix(code, "INVALID") || strings.Count(spaced(code), "_") < 2 {
				t.Errorf("%s is explained for any PG", code)
			}
			for l := range Language(languages) {
				for _, name := range []string{"Toss", "KCP", "Nice", "Kakao", "Naver", "Brandpay", "Eximbay", "PayPal", "토스", "나이스", "카카오", "네이버"} {
					if strings.Contains(d.Explanation(l)+d.Advice(l), name) {
						t.Errorf("%s: the text names %s", code, name)
					}
				}
			}
			for name, codes := range own {
				if m := codes[code]; m != nil && (m.reason != d.Reason() || m.code != d.Code() || m.next != d.NextStep() || m.explanation != d.m.explanation) {
					t.Errorf("%s means something else at %s", code, name)
				}
			}
		}
	}
	if explained < 15 || len(own) < 12 {
		t.Errorf("%d codes explained without a PG, %d PGs", explained, len(own))
	}
}

// TestNeverWrongOfAny does the same with dictionaries that are drawn, which share
// codes and mean the same by some of them.
func TestNeverWrongOfAny(t *testing.T) {
	words := []string{"1", "A1", "-1", "CARD_IS_LOST", "CARD_IS_GONE", "INVALID_CARD_NUMBER", "Fail", "CardIsLost", "CARD_LOST"}
	reasons := []string{"CARD_LOST_OR_STOLEN", "CARD_EXPIRED"}
	pgs := []string{"KCP_V2", "NICE_V2", "INICIS_V2", "KICC_V2"}
	check := func(t *rapid.T) {
		builtin, custom := fstest.MapFS{}, fstest.MapFS{}
		meant := make(map[string]map[string]string) // reason by code by PG, the operator's last
		for i, pg := range append(pgs, pgs...) {
			folder := builtin
			if i >= len(pgs) {
				folder = custom
			}
			rows := rapid.MapOf(rapid.SampledFrom(words), rapid.SampledFrom(reasons)).Draw(t, pg)
			if len(rows) == 0 {
				continue
			}
			var text strings.Builder
			fmt.Fprintf(&text, "#pg\t%s\n#source\ts\t2020\tT\n", pg)
			for code := range rows {
				if isDistinctive(code) && rapid.Bool().Draw(t, "word") {
					fmt.Fprintf(&text, "#word\t%s\n", code)
				}
			}
			fmt.Fprintln(&text, header)
			for code, reason := range rows {
				fmt.Fprintf(&text, "%s\tFAILED_PRECONDITION\t%s\tNOTHING\tb\tc\td\te\ts\n", code, reason)
			}
			folder[fmt.Sprintf("%s%d.tsv", pg, i)] = &fstest.MapFile{Data: []byte(text.String())}
			if meant[pg] == nil {
				meant[pg] = make(map[string]string)
			}
			maps.Copy(meant[pg], rows)
		}
		own, err := readDictionaries(builtin)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := readDictionaries(custom)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range theirs {
			d.custom = true
		}
		s, err := combine(append(theirs, own...))
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range words {
			means := make(map[string]bool)
			for _, pg := range pgs {
				d, ok := s.Explain(PG{Name: pg, Confidence: named}, code)
				want, has := meant[pg][code]
				if ok != has || ok && "DECLINE_REASON_"+want != d.Reason().String() {
					t.Fatalf("%s %s: %v, want %q", pg, code, ok, want)
				}
				if has {
					means[want] = true
				}
			}
			d, ok := s.Explain(PG{}, code)
			if ok && (len(means) != 1 || !means[strings.TrimPrefix(d.Reason().String(), "DECLINE_REASON_")] || !isDistinctive(code)) {
				t.Fatalf("%s is explained as %s without a PG, where PGs mean %v", code, d.Reason(), slices.Collect(maps.Keys(means)))
			}
		}
	}
	for range 50 { // TestMain lets each draw a few
		rapid.Check(t, check)
	}
}

// TestChannelsThatFailed: each failure on a channel is explained by that channel's
// PG, and an unclear outcome on one makes that of the call unclear.
func TestChannelsThatFailed(t *testing.T) {
	failure := func(pg, key, code string) string {
		return fmt.Sprintf(`{"type":"PG_PROVIDER","pgCode":%q,"pgMessage":"m","channel":{"type":"LIVE","key":%q,"pgProvider":%q,"pgMerchantId":"x"}}`, code, key, pg)
	}
	tests := []struct {
		name     string
		failures []string
		code     codes.Code
		want     string // PG, code, reason and key of each decline
	}{
		{"one of Nice and one of KCP, by the same code", []string{failure("KCP_V2", "k1", "3001"), failure("NICE_V2", "k2", "3001")},
			codes.FailedPrecondition, "KCP_V2 3001 BUYER_CANCELLED k1"},
		{"two that are known, and one that is no code of a PG", []string{failure("NICE_V2", "k1", "F112"), `{"type":"INVALID_REQUEST"}`, failure("KCP_V2", "k2", "CC54")},
			codes.FailedPrecondition, "NICE_V2 F112 INVALID_CARD_NUMBER k1, KCP_V2 CC54 CARD_EXPIRED k2"},
		{"a time-out", []string{failure("KCP_V2", "k1", "CC72"), failure("NICE_V2", "k2", "F112")},
			codes.Unknown, "KCP_V2 CC72 ISSUER_OUTAGE k1, NICE_V2 F112 INVALID_CARD_NUMBER k2"},
		{"a PG from tomorrow", []string{failure("NEW_PG", "k1", "CC54")}, codes.FailedPrecondition, ""},
		{"a channel that is null", []string{`{"type":"PG_PROVIDER","channel":null,"pgCode":"CC54","pgMessage":""}`}, codes.FailedPrecondition, ""},
		{"no channel", []string{`{"type":"PG_PROVIDER","pgCode":"CC54","pgMessage":""}`}, codes.FailedPrecondition, ""},
		{"no code", []string{failure("KCP_V2", "k1", "")}, codes.FailedPrecondition, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			call := &Subject{Operation: operation(t, "issueBillingKey"), Mutation: true}
			e := mapper(t).Answer(call, 502, nil, []byte(`{"type":"CHANNEL_SPECIFIC","failures":[`+strings.Join(test.failures, ",")+`],"succeededChannels":[]}`))
			var got []string
			for _, d := range portoneOf(e.Full()).GetChannelDeclines() {
				got = append(got, strings.Join([]string{d.GetPgProvider(), d.GetPgCode(), strings.TrimPrefix(d.GetReason().String(), "DECLINE_REASON_"), d.GetChannelKey()}, " "))
				if d.GetConfidence() != named || d.GetExplanation() == "" {
					t.Errorf("%v", d)
				}
			}
			if strings.Join(got, ", ") != test.want || e.Code() != test.code {
				t.Errorf("%s, %q; want %s, %q", e.Code(), got, test.code, test.want)
			}
		})
	}
}

// TestUnexplained: codes that nothing explains are counted by PG and form.
func TestUnexplained(t *testing.T) {
	m := at(t)
	var got []string
	m.OnUnexplained(func(pg string, form CodeForm) { got = append(got, pg+"/"+string(form)) })
	declined(t, m, "KCP_V2", "CC54", English)
	declined(t, m, "KCP_V2", "Z9Z9", English)
	declined(t, m, "", "1234", English)
	if want := []string{"KCP_V2/mixed", "/digits"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestFormOf(t *testing.T) {
	for code, want := range map[string]CodeForm{
		"3011": FormDigits, "-780": FormNegative, "CC61": FormMixed, "0A": FormMixed, "EXPIRED_CARD": FormWord, "UserCancel": FormWord,
		"": FormOther, "-": FormOther, "-A": FormOther, "a b": FormOther, "한도": FormOther, "1.5": FormOther,
	} {
		if got := FormOf(code); got != want {
			t.Errorf("%q is %s, want %s", code, got, want)
		}
	}
}

func TestDistinctive(t *testing.T) {
	for code, want := range map[string]bool{
		"EXCEED_MAX_DAILY_PAYMENT_COUNT": true, "UnderAgeAmountLimit": true, "STOLEN_OR_LOST_CARD": true,
		"INVALID_CARD_NUMBER": false, "InvalidMerchantKey": false, "Fail": false, "FAIL": false, "CARD_EXPIRED": false, "NOT_FOUND_PAYMENT": false,
		"A_B_1": false, "_A_B": false, "A__B": false, "": false, "-1": false, "3011": false, "validation_error_in_body": false,
	} {
		if got := isDistinctive(code); got != want {
			t.Errorf("%q: %v, want %v", code, got, want)
		}
	}
}
