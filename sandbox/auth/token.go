package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// signingKey signs tokens. It is no secret: the sandbox has nothing to protect,
// and the same calls must give the same tokens in every run.
const signingKey = "portone-gateway sandbox"

// header is the first part of every token.
var header = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))

// kind tells access and refresh tokens apart.
type kind string

const (
	kindAccess  kind = "access"
	kindRefresh kind = "refresh"
)

// claims is what a token says (RFC 7519); times are in seconds.
type claims struct {
	Kind    kind   `json:"kind"`
	User    string `json:"sub"`
	ID      string `json:"jti"`
	Issued  int64  `json:"iat"`
	Expires int64  `json:"exp"`
}

// sign makes a token in the form of a JWT.
func sign(c claims) string {
	payload, err := json.Marshal(c)
	if err != nil { // strings and numbers always have a form in JSON
		panic(err)
	}
	signed := header + "." + base64.RawURLEncoding.EncodeToString(payload)
	return signed + "." + signature(signed)
}

// verify reads a token that sign made.
func verify(token string) (claims, bool) {
	end := strings.LastIndexByte(token, '.')
	if end < 0 || !hmac.Equal([]byte(token[end+1:]), []byte(signature(token[:end]))) {
		return claims{}, false
	}
	_, encoded, _ := strings.Cut(token[:end], ".")
	payload, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return claims{}, false
	}
	var c claims
	return c, json.Unmarshal(payload, &c) == nil
}

func signature(signed string) string {
	mac := hmac.New(sha256.New, []byte(signingKey))
	mac.Write([]byte(signed))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
