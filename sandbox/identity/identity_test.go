package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

var start = time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)

const (
	invalidRequest  = portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST
	noChannel       = portonev2.ErrorReason_ERROR_REASON_CHANNEL_NOT_FOUND
	pgProvider      = portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER
	notFound        = portonev2.ErrorReason_ERROR_REASON_IDENTITY_VERIFICATION_NOT_FOUND
	notSent         = portonev2.ErrorReason_ERROR_REASON_IDENTITY_VERIFICATION_NOT_SENT
	alreadySent     = portonev2.ErrorReason_ERROR_REASON_IDENTITY_VERIFICATION_ALREADY_SENT
	alreadyVerified = portonev2.ErrorReason_ERROR_REASON_IDENTITY_VERIFICATION_ALREADY_VERIFIED
	tooManyAttempts = portonev2.ErrorReason_ERROR_REASON_MAX_TRANSACTION_COUNT_REACHED

	app = portonev2.IdentityVerificationMethod_IDENTITY_VERIFICATION_METHOD_APP
)

// edit changes a request.
type edit = func(*portonev2.SendIdentityVerificationRequest)

func byApp(r *portonev2.SendIdentityVerificationRequest) {
	r.Method, r.Customer.IdentityNumber = app.Enum(), nil
}

func phone(number string) edit {
	return func(r *portonev2.SendIdentityVerificationRequest) { r.Customer.PhoneNumber = &number }
}

func identityNo(number string) edit {
	return func(r *portonev2.SendIdentityVerificationRequest) { r.Customer.IdentityNumber = &number }
}

func via(key string) edit {
	return func(r *portonev2.SendIdentityVerificationRequest) { r.ChannelKey = &key }
}

func newStore() *Store { return New(world.New(world.NewStoppedClock(start))) }

// send sends a verification by SMS, changed by edits.
func send(s *Store, id string, edits ...edit) error {
	req := &portonev2.SendIdentityVerificationRequest{
		IdentityVerificationId: id,
		ChannelKey:             world.Ptr("channel-key-1"),
		Customer: &portonev2.SendIdentityVerificationBodyCustomer{
			Id: world.Ptr("customer-1"), Name: world.Ptr("홍길동"), PhoneNumber: world.Ptr("01012345678"),
			IdentityNumber: world.Ptr("9912312"), IpAddress: world.Ptr("192.0.2.1"),
		},
		Operator:   portonev2.IdentityVerificationOperator_IDENTITY_VERIFICATION_OPERATOR_SKT.Enum(),
		Method:     sms.Enum(),
		CustomData: world.Ptr("mine"),
	}
	for _, change := range edits {
		change(req)
	}
	_, err := s.SendIdentityVerification(context.Background(), req)
	return err
}

func resend(s *Store, id string) error {
	_, err := s.ResendIdentityVerification(context.Background(), &portonev2.ResendIdentityVerificationRequest{IdentityVerificationId: id})
	return err
}

// confirm confirms with a code, or without if it is empty.
func confirm(s *Store, id, code string) (*portonev2.VerifiedIdentityVerification, error) {
	req := &portonev2.ConfirmIdentityVerificationRequest{IdentityVerificationId: id}
	if code != "" {
		req.Otp = &code
	}
	answer, err := s.ConfirmIdentityVerification(context.Background(), req)
	return answer.GetIdentityVerification(), err
}

// must fails the test at an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// expect fails the test unless err is a fault with a reason.
func expect(t *testing.T, err error, want portonev2.ErrorReason) {
	t.Helper()
	var fault *world.Refusal
	if !errors.As(err, &fault) || fault.Reason != want {
		t.Fatalf("error %v, want %v", err, want)
	}
	if want == pgProvider {
		worldtest.Complete(t, fault.Data)
	}
}

// expectPG fails the test unless a PG refused for a reason.
func expectPG(t *testing.T, err error, want *refusal) {
	t.Helper()
	expect(t, err, pgProvider)
	var fault *world.Refusal
	errors.As(err, &fault)
	if got := fault.Data.(*portonev2.PgProviderError); got.GetPgCode() != want.code {
		t.Fatalf("PG code %s, want %s", got.GetPgCode(), want.code)
	}
}

func get(t *testing.T, s *Store, id string) *portonev2.IdentityVerification {
	t.Helper()
	answer, err := s.GetIdentityVerification(context.Background(), &portonev2.GetIdentityVerificationRequest{IdentityVerificationId: id})
	must(t, err)
	worldtest.Complete(t, answer)
	return answer
}

// TestSendRefusals has requests that are refused before anything is stored.
func TestSendRefusals(t *testing.T) {
	tests := []struct {
		name string
		id   string
		edit edit
		want portonev2.ErrorReason
	}{
		{"no channel", "x", via("channel-key-sandbox-missing"), noChannel},
		{"no id", "", phone("01012345678"), invalidRequest},
		{"no name", "x", func(r *portonev2.SendIdentityVerificationRequest) { r.Customer.Name = world.Ptr("") }, invalidRequest},
		{"hyphens in the phone number", "x", phone("010-1234-5678"), invalidRequest},
		{"a short phone number", "x", phone("010123456"), invalidRequest},
		{"no IP address", "x", func(r *portonev2.SendIdentityVerificationRequest) { r.Customer.IpAddress = world.Ptr("localhost") }, invalidRequest},
		{"SMS without an identity number", "x", func(r *portonev2.SendIdentityVerificationRequest) { r.Customer.IdentityNumber = nil }, invalidRequest},
		{"a short identity number", "x", identityNo("991231"), invalidRequest},
		{"not a day", "x", identityNo("9902302"), invalidRequest},
		{"not born yet", "x", identityNo("2602013"), invalidRequest},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStore()
			expect(t, send(s, test.id, test.edit), test.want)
			if len(s.all) != 0 || len(s.byKey) != 0 || s.world.Counters["identity_verification.sent"] != 0 {
				t.Errorf("stored %v", s.all[0].message)
			}
		})
	}
}

// TestStates has every call in every state.
func TestStates(t *testing.T) {
	prepare := map[string]func(*testing.T, *Store){
		"nothing":     func(*testing.T, *Store) {},
		"sent":        func(t *testing.T, s *Store) { must(t, send(s, "x")) },
		"sent by app": func(t *testing.T, s *Store) { must(t, send(s, "x", byApp)) },
		"sent to an app without approval": func(t *testing.T, s *Store) {
			must(t, send(s, "x", byApp, phone(PhoneSilent)))
		},
		"verified": func(t *testing.T, s *Store) {
			must(t, send(s, "x"))
			_, err := confirm(s, "x", AnyCode)
			must(t, err)
		},
		"failed": func(t *testing.T, s *Store) { expectPG(t, send(s, "x", phone(PhoneUnknown)), notTheirs) },
		"failed too often": func(t *testing.T, s *Store) {
			for range MaxAttempts {
				expectPG(t, send(s, "x", phone(PhoneUnknown)), notTheirs)
			}
		},
		"code too old": func(t *testing.T, s *Store) {
			must(t, send(s, "x"))
			s.world.Clock.Advance(CodeLife)
		},
		"lapsed": func(t *testing.T, s *Store) {
			must(t, send(s, "x"))
			s.world.Clock.Advance(RequestLife)
		},
		"resent often": func(t *testing.T, s *Store) {
			must(t, send(s, "x"))
			for range MaxMessages - 1 {
				must(t, resend(s, "x"))
			}
		},
	}
	const none = portonev2.ErrorReason_ERROR_REASON_UNSPECIFIED
	tests := []struct {
		state                 string
		send, resend, confirm portonev2.ErrorReason
	}{
		{"nothing", none, notFound, notFound},
		{"sent", alreadySent, none, none},
		{"sent by app", alreadySent, invalidRequest, none},
		{"sent to an app without approval", alreadySent, invalidRequest, pgProvider},
		{"verified", alreadyVerified, alreadyVerified, alreadyVerified},
		{"failed", none, notSent, notSent},
		{"failed too often", tooManyAttempts, notSent, notSent},
		{"code too old", alreadySent, none, pgProvider},
		{"lapsed", none, notSent, notSent},
		{"resent often", alreadySent, pgProvider, none},
	}
	for _, test := range tests {
		calls := []struct {
			name string
			call func(*Store) error
			want portonev2.ErrorReason
		}{
			{"send", func(s *Store) error { return send(s, "x") }, test.send},
			{"resend", func(s *Store) error { return resend(s, "x") }, test.resend},
			{"confirm", func(s *Store) error { _, err := confirm(s, "x", AnyCode); return err }, test.confirm},
		}
		for _, c := range calls {
			t.Run(test.state+"/"+c.name, func(t *testing.T) {
				s := newStore()
				prepare[test.state](t, s)
				if err := c.call(s); c.want == none {
					must(t, err)
				} else {
					expect(t, err, c.want)
				}
			})
		}
	}
}

// TestGetNothing reads a verification that was never sent.
func TestGetNothing(t *testing.T) {
	_, err := newStore().GetIdentityVerification(context.Background(), &portonev2.GetIdentityVerificationRequest{IdentityVerificationId: "x"})
	expect(t, err, notFound)
}

// TestCodesOfStores has an id in two stores, and expects the code of the latest.
func TestCodesOfStores(t *testing.T) {
	s := newStore()
	must(t, send(s, "x"))
	first, _ := s.Code("x")
	must(t, send(s, "x", func(r *portonev2.SendIdentityVerificationRequest) { r.StoreId = world.Ptr("store-b") }))
	second, _ := s.Code("x")
	if second == first {
		t.Errorf("both have the code %s", first)
	}
	_, err := confirm(s, "x", first)
	must(t, err)
	if got, ok := s.Code("x"); !ok || got != second {
		t.Errorf("code %q, want %q", got, second)
	}
}

// TestSMS follows a verification by SMS, with a wrong code and a resend.
func TestSMS(t *testing.T) {
	s := newStore()
	must(t, send(s, "x"))
	at := get(t, s, "x").GetReady()
	if c := at.GetRequestedCustomer(); c.GetId() != "customer-1" || c.GetBirthYear()+c.GetBirthMonth()+c.GetBirthDay() != "19991231" || at.GetCustomData() != "mine" {
		t.Errorf("ready: %v", at)
	}
	first, ok := s.Code("x")
	if !ok || len(first) != 6 {
		t.Fatalf("code %q", first)
	}
	s.world.Clock.Advance(time.Minute)
	_, err := confirm(s, "x", "wrong")
	expectPG(t, err, wrongCode)
	_, err = confirm(s, "x", "")
	expect(t, err, invalidRequest)

	s.world.Clock.Advance(CodeLife)
	_, err = confirm(s, "x", first)
	expectPG(t, err, codeTooOld)
	must(t, resend(s, "x"))
	if at := get(t, s, "x").GetReady(); !at.GetUpdatedAt().AsTime().After(at.GetStatusChangedAt().AsTime()) {
		t.Errorf("ready: %v", at)
	}
	second, _ := s.Code("x")
	_, err = confirm(s, "x", first)
	expectPG(t, err, wrongCode)

	done, err := confirm(s, "x", second)
	must(t, err)
	worldtest.Complete(t, done)
	if !proto.Equal(done, get(t, s, "x").GetVerified()) {
		t.Errorf("confirmed %v, then got %v", done, get(t, s, "x"))
	}
	if _, ok := s.Code("x"); ok {
		t.Error("a verified customer has a code")
	}
	s.world.Clock.Advance(RequestLife)
	if get(t, s, "x").GetVerified() == nil {
		t.Error("a verified verification lapsed")
	}
	if c := s.world.Counters; c["identity_verification.sent"] != 1 || c["identity_verification.code_sent"] != 2 || c["identity_verification.verified"] != 1 {
		t.Errorf("counters: %v", c)
	}
}

// TestWrongCodes gives wrong codes until the verification fails, then begins anew.
func TestWrongCodes(t *testing.T) {
	s := newStore()
	must(t, send(s, "x"))
	for range MaxWrongCodes - 1 {
		_, err := confirm(s, "x", "?")
		expectPG(t, err, wrongCode)
	}
	must(t, resend(s, "x"))
	s.world.Clock.Advance(time.Minute)
	_, err := confirm(s, "x", "?")
	expectPG(t, err, tooManyWrong)
	if got := get(t, s, "x").GetFailed(); got.GetFailure().GetPgCode() != tooManyWrong.code || !got.GetStatusChangedAt().AsTime().Equal(start.Add(time.Minute)) {
		t.Errorf("failed: %v", got)
	}
	must(t, send(s, "x"))
	s.world.Clock.Advance(RequestLife - time.Nanosecond) // the plan of the first attempt does not count
	if get(t, s, "x").GetReady() == nil || len(s.all) != 1 {
		t.Errorf("sent again: %v", get(t, s, "x"))
	}
	s.world.Clock.Advance(time.Nanosecond)
	if got := get(t, s, "x").GetFailed(); got.GetFailure().GetPgCode() != tooLate.code {
		t.Errorf("lapsed: %v", got)
	}
}

// TestVerifiedCustomers looks at what PGs tell of customers.
func TestVerifiedCustomers(t *testing.T) {
	tests := []struct {
		number string
		edits  []edit
		want   string // birth date, gender, foreigner, carrier, DI
	}{
		{"9912311", nil, "1999-12-31 MALE false SKT true"},
		{"9912312", nil, "1999-12-31 FEMALE false SKT true"},
		{"0402293", nil, "2004-02-29 MALE false SKT true"},
		{"0402294", nil, "2004-02-29 FEMALE false SKT true"},
		{"9912315", nil, "1999-12-31 MALE true SKT true"},
		{"0402298", nil, "2004-02-29 FEMALE true SKT true"},
		{"9912319", nil, "1899-12-31 MALE false SKT true"},
		{"9912310", nil, "1899-12-31 FEMALE false SKT true"},
		{"0402294", []edit{via("channel-key-sandbox-inicis")}, "2004-02-29 FEMALE false UNSPECIFIED false"},
		{"", []edit{byApp}, "1990-01-01 MALE false SKT true"},
	}
	for _, test := range tests {
		t.Run(test.number, func(t *testing.T) {
			s := newStore()
			must(t, send(s, "x", append([]edit{identityNo(test.number)}, test.edits...)...))
			done, err := confirm(s, "x", AnyCode)
			must(t, err)
			worldtest.Complete(t, done)
			c := done.GetVerifiedCustomer()
			got := fmt.Sprint(c.GetBirthDate(), " ", strings.TrimPrefix(c.GetGender().String(), "GENDER_"), " ", c.GetIsForeigner(), " ",
				strings.TrimPrefix(c.GetOperator().String(), "IDENTITY_VERIFICATION_OPERATOR_"), " ", c.Di != nil)
			if got != test.want || c.GetName() != "홍길동" || c.GetPhoneNumber() != "01012345678" || c.GetId() != "customer-1" {
				t.Errorf("got %s of %v, want %s", got, c, test.want)
			}
		})
	}
}

// TestFingerprints expects one CI for a person, another for another person, in the
// form of real ones.
func TestFingerprints(t *testing.T) {
	s := newStore()
	ci := func(id string, edits ...edit) string {
		must(t, send(s, id, edits...))
		done, err := confirm(s, id, AnyCode)
		must(t, err)
		if di := done.GetVerifiedCustomer().GetDi(); len(di) != 64 {
			t.Errorf("DI %q", di)
		}
		return done.GetVerifiedCustomer().GetCi()
	}
	sms, app, other := ci("a"), ci("b", byApp), ci("c", phone("01087654321"))
	if sms != app || sms == other || len(sms) != 88 {
		t.Errorf("CI by SMS %q, by app %q, of another %q", sms, app, other)
	}
}

// TestAnswersAreCopies changes answers and what is dumped, and expects the store to
// stay as it is.
func TestAnswersAreCopies(t *testing.T) {
	s := newStore()
	must(t, send(s, "x"))
	done, err := confirm(s, "x", AnyCode)
	must(t, err)
	want := get(t, s, "x")
	proto.Reset(done)
	got := get(t, s, "x")
	*got.GetVerified().Id = "changed"
	*got.GetVerified().GetChannel().Key = "changed"
	dumped := ""
	s.Dump(func(kind, id string, object proto.Message) {
		dumped += kind + " " + id
		proto.Reset(object)
	})
	if got := get(t, s, "x"); !proto.Equal(got, want) || dumped != "identityVerifications x" {
		t.Errorf("%v\nwant %v\ndumped %s", got, want, dumped)
	}
}
