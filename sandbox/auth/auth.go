// Package auth is the sandbox's authentication: API secrets, of which it takes
// any but one, and the access tokens that are given out for them.
package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// InvalidSecret is the one API secret that the sandbox refuses, so that a program
// can be tested with a wrong one.
const InvalidSecret = "invalid-secret"

const (
	// accessLife is how long an access token is good for.
	accessLife = 30 * time.Minute

	// refreshLife is how long a refresh token is good for, if none follows it.
	refreshLife = 24 * time.Hour
)

// Store knows who has logged in. It implements portonev2.AuthServiceServer.
type Store struct {
	portonev2.UnimplementedAuthServiceServer

	world  *world.World
	latest map[string]string // the id of each user's refresh token
}

// New returns a store without logins.
func New(w *world.World) *Store { return &Store{world: w, latest: make(map[string]string)} }

// Register registers the services that s implements.
func (s *Store) Register(r grpc.ServiceRegistrar) { portonev2.RegisterAuthServiceServer(r, s) }

// Dump implements world.Dumper. The contract has no message for a login, and a
// dump is no place for tokens: there is nothing to show.
func (s *Store) Dump(func(kind, id string, object proto.Message)) {}

// Accepts reports whether a call with this Authorization header may pass: `PortOne
// <API secret>` with any secret but InvalidSecret, or `Bearer <access token>` with
// a token that was given out and has not expired.
func (s *Store) Accepts(header string) bool {
	_, accepted := s.User(header)
	return accepted
}

// User returns the user whose credentials are in an Authorization header, as UserOf
// names users, and whether they are accepted.
func (s *Store) User(header string) (user string, accepted bool) {
	scheme, credentials, _ := strings.Cut(header, " ")
	credentials = strings.TrimSpace(credentials)
	switch strings.ToLower(scheme) {
	case "portone":
		return UserOf(credentials), validSecret(credentials)
	case "bearer":
		c, ok := s.read(credentials, kindAccess)
		return c.User, ok
	default:
		return "", false
	}
}

// LoginViaApiSecret gives out tokens for an API secret. The user's earlier refresh
// token is good no longer. Any secret will do but InvalidSecret and an empty one:
// UNAUTHORIZED.
func (s *Store) LoginViaApiSecret(_ context.Context, in *portonev2.LoginViaApiSecretRequest) (*portonev2.LoginViaApiSecretResponse, error) {
	if !validSecret(in.GetApiSecret()) {
		return nil, unauthorized("the API secret is not valid")
	}
	user := UserOf(in.GetApiSecret())
	access, refresh := s.issue(user)
	s.world.Counters.Add("auth.login")
	return &portonev2.LoginViaApiSecretResponse{AccessToken: &access, RefreshToken: &refresh}, nil
}

// RefreshToken gives out new tokens for the user's latest refresh token, which is
// good no longer. Any other one is UNAUTHORIZED.
func (s *Store) RefreshToken(_ context.Context, in *portonev2.RefreshTokenRequest) (*portonev2.RefreshTokenResponse, error) {
	c, ok := s.read(in.GetRefreshToken(), kindRefresh)
	if !ok || s.latest[c.User] != c.ID {
		return nil, unauthorized("the refresh token is not valid, has expired, or was replaced")
	}
	access, refresh := s.issue(c.User)
	s.world.Counters.Add("auth.refreshed")
	return &portonev2.RefreshTokenResponse{AccessToken: &access, RefreshToken: &refresh}, nil
}

// issue makes a pair of tokens and notes the refresh token as the user's latest.
func (s *Store) issue(user string) (access, refresh string) {
	now := s.world.Clock.Now()
	access = sign(claims{Kind: kindAccess, User: user, ID: s.world.IDs.UUID("accessToken"),
		Issued: now.Unix(), Expires: now.Add(accessLife).Unix()})
	id := s.world.IDs.UUID("refreshToken")
	refresh = sign(claims{Kind: kindRefresh, User: user, ID: id,
		Issued: now.Unix(), Expires: now.Add(refreshLife).Unix()})
	s.latest[user] = id
	s.world.Clock.At(now.Add(refreshLife), func() {
		if s.latest[user] == id { // nothing to remember of who stays away
			delete(s.latest, user)
		}
	})
	return access, refresh
}

// read returns what a token says, if it is one of ours, of that kind, and has not
// expired.
func (s *Store) read(token string, kind kind) (claims, bool) {
	c, ok := verify(token)
	return c, ok && c.Kind == kind && s.world.Clock.Now().Unix() < c.Expires
}

func validSecret(secret string) bool { return secret != "" && secret != InvalidSecret }

// UserOf names the user that a secret belongs to. Tokens must not give secrets
// away, not even a sandbox's: people type real ones by mistake.
func UserOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:8])
}

func unauthorized(message string) *world.Refusal {
	return world.Refuse(portonev2.ErrorReason_ERROR_REASON_UNAUTHORIZED, "%s", message)
}
