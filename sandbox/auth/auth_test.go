package auth

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func newStore() *Store { return New(world.New(world.NewStoppedClock(start))) }

func login(t *testing.T, s *Store, secret string) *portonev2.LoginViaApiSecretResponse {
	t.Helper()
	tokens, err := s.LoginViaApiSecret(context.Background(), &portonev2.LoginViaApiSecretRequest{ApiSecret: &secret})
	if err != nil {
		t.Fatalf("login with %q: %v", secret, err)
	}
	return tokens
}

func refresh(s *Store, token string) (*portonev2.RefreshTokenResponse, error) {
	return s.RefreshToken(context.Background(), &portonev2.RefreshTokenRequest{RefreshToken: &token})
}

func isUnauthorized(err error) bool {
	var fault *world.Refusal
	return errors.As(err, &fault) && fault.Reason == portonev2.ErrorReason_ERROR_REASON_UNAUTHORIZED
}

func TestAccepts(t *testing.T) {
	s := newStore()
	tokens := login(t, s, "some-secret-of-mine")
	changed := strings.Replace(tokens.GetAccessToken(), ".", ".A", 1)
	tests := []struct {
		name, header string
		want         bool
	}{
		{"a secret", "PortOne some-secret-of-mine", true},
		{"another secret", "PortOne x", true},
		{"a scheme in lower case", "portone x", true},
		{"the invalid secret", "PortOne " + InvalidSecret, false},
		{"no secret", "PortOne ", false},
		{"a scheme alone", "PortOne", false},
		{"nothing", "", false},
		{"another scheme", "Basic eDp5", false},
		{"an access token", "Bearer " + tokens.GetAccessToken(), true},
		{"a refresh token", "Bearer " + tokens.GetRefreshToken(), false},
		{"a changed token", "Bearer " + changed, false},
		{"no token", "Bearer", false},
		{"a secret as token", "Bearer some-secret-of-mine", false},
		{"dots", "Bearer ..", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := s.Accepts(test.header); got != test.want {
				t.Errorf("Accepts(%q) = %v, want %v", test.header, got, test.want)
			}
		})
	}
}

func TestTokensExpire(t *testing.T) {
	s := newStore()
	tokens := login(t, s, "a")
	bearer := "Bearer " + tokens.GetAccessToken()
	s.world.Clock.Advance(accessLife - time.Second)
	if !s.Accepts(bearer) {
		t.Error("the access token expired early")
	}
	s.world.Clock.Advance(time.Second)
	if s.Accepts(bearer) {
		t.Error("the access token did not expire")
	}
	s.world.Clock.MoveTo(start.Add(refreshLife))
	if _, err := refresh(s, tokens.GetRefreshToken()); !isUnauthorized(err) {
		t.Errorf("an expired refresh token: %v", err)
	}
}

// TestRefresh follows refresh tokens: each is good once, and no longer after
// another login of the same user.
func TestRefresh(t *testing.T) {
	s := newStore()
	first := login(t, s, "a")
	other := login(t, s, "b")
	second, err := refresh(s, first.GetRefreshToken())
	if err != nil {
		t.Fatal(err)
	}
	if !s.Accepts("Bearer "+second.GetAccessToken()) || second.GetAccessToken() == first.GetAccessToken() {
		t.Error("the refreshed access token is not new and good")
	}
	if _, err := refresh(s, first.GetRefreshToken()); !isUnauthorized(err) {
		t.Errorf("a refresh token used twice: %v", err)
	}
	login(t, s, "a")
	if _, err := refresh(s, second.GetRefreshToken()); !isUnauthorized(err) {
		t.Errorf("a refresh token from before a login: %v", err)
	}
	if _, err := refresh(s, other.GetAccessToken()); !isUnauthorized(err) {
		t.Errorf("an access token to refresh with: %v", err)
	}
	if _, err := refresh(s, other.GetRefreshToken()); err != nil {
		t.Errorf("another user's refresh token: %v", err)
	}
}

func TestLoginRefused(t *testing.T) {
	for _, secret := range []string{"", InvalidSecret} {
		_, err := newStore().LoginViaApiSecret(context.Background(), &portonev2.LoginViaApiSecretRequest{ApiSecret: &secret})
		if !isUnauthorized(err) {
			t.Errorf("secret %q: %v", secret, err)
		}
	}
}

// TestTokensRepeat expects the same tokens in every run, without the secret in
// them.
func TestTokensRepeat(t *testing.T) {
	a, b := login(t, newStore(), "some-secret"), login(t, newStore(), "some-secret")
	if a.GetAccessToken() != b.GetAccessToken() || a.GetRefreshToken() != b.GetRefreshToken() {
		t.Error("two runs gave different tokens")
	}
	c, ok := verify(a.GetAccessToken())
	if !ok || c.User == "" || strings.Contains(c.User, "some-secret") {
		t.Errorf("claims %+v", c)
	}
}
