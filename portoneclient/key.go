package portoneclient

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/metadata"
)

const (
	keyMetadata = "idempotency-key"
	minKey      = 16
	maxKey      = 256
)

// NewKey makes an idempotency key: 26 letters and digits of base 32. Keep it before
// the call that it is for, where the call has to be asked again after a restart of the
// program; PortOne remembers keys for three hours.
func NewKey() string { return rand.Text() }

// WithKey has mutations that are called with the context sent with the key. Use it for
// one call, and for asking what became of it. Calls fail with InvalidArgument if the key
// has not 16 to 256 printable ASCII characters, or a quote or backslash among them.
func WithKey(ctx context.Context, key string) context.Context {
	md, _ := metadata.FromOutgoingContext(ctx)
	md = md.Copy()
	if md == nil {
		md = make(metadata.MD)
	}
	md.Set(keyMetadata, key)
	return metadata.NewOutgoingContext(ctx, md)
}

// keyed returns the context with a key for a mutation, and the key without quotes.
func keyed(ctx context.Context) (context.Context, string, error) {
	md, _ := metadata.FromOutgoingContext(ctx)
	switch given := md.Get(keyMetadata); len(given) {
	case 0:
		key := NewKey()
		return metadata.AppendToOutgoingContext(ctx, keyMetadata, key), key, nil
	case 1:
		key, err := checkKey(given[0])
		return ctx, key, err
	}
	return ctx, "", errors.New("is given more than once")
}

// checkKey reads a key, bare or in double quotes. The error does not contain it.
func checkKey(text string) (string, error) {
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return "", fmt.Errorf("has a character at position %d that is not printable ASCII, or a quote or backslash", i)
		}
	}
	if strings.TrimSpace(text) != text {
		return "", errors.New("begins or ends with a space")
	}
	if len(text) < minKey || len(text) > maxKey {
		return "", fmt.Errorf("has %d characters, must have %d to %d", len(text), minKey, maxKey)
	}
	return text, nil
}
