package portoneclient

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
)

const secretForTests = "pgw_not-to-be-seen"

func TestCredentialsStayOnThisMachine(t *testing.T) {
	tests := []struct {
		target string
		local  bool
	}{
		{"127.0.0.1:9090", true}, {"localhost:9090", true}, {"[::1]:9090", true}, {"[::ffff:127.0.0.1]:9090", true},
		{"dns:///localhost:9090", true}, {"passthrough:///127.0.0.1:9090", true}, {"unix:///run/gateway.sock", true}, {"unix:gateway.sock", true},
		{"unix-abstract:gateway", true}, {"[::1]", true},
		{"gateway:9090", false}, {"dns:///gateway:9090", false}, {"10.0.0.1:9090", false}, {"[2001:db8::1]:9090", false},
		{"127.0.0.1.example:9090", false}, {"localhost.example:9090", false}, {"", false}, {"dns://127.0.0.1/gateway:9090", false},
	}
	for _, test := range tests {
		_, err := DialOptions(test.target, Options{Credentials: GatewayKey(secretForTests)})
		if (err == nil) != test.local {
			t.Errorf("%s: %v", test.target, err)
		}
		if _, err := DialOptions(test.target, Options{Credentials: GatewayKey(secretForTests), AllowPlaintext: true}); err != nil {
			t.Errorf("%s, allowed: %v", test.target, err)
		}
		if _, err := DialOptions(test.target, Options{}); err != nil {
			t.Errorf("%s, without credentials: %v", test.target, err)
		}
	}
}

func TestAuthorization(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("first\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fromFile := TokenFile(file)
	tests := []struct {
		name        string
		credentials Credentials
		want        string // empty: an error
	}{
		{"key", GatewayKey("pgw_1"), "PortOne pgw_1"},
		{"empty key", GatewayKey(""), ""},
		{"key with a line break", GatewayKey("pgw_1\n"), ""},
		{"token", Token(func(context.Context) (string, error) { return "a.b.c", nil }), "Bearer a.b.c"},
		{"token that cannot be had", Token(func(context.Context) (string, error) { return "", errors.New("no") }), ""},
		{"file", fromFile, "Bearer first"},
		{"file that is not there", TokenFile(file + "-not"), ""},
	}
	for _, test := range tests {
		got, err := perRPC{test.credentials, true}.GetRequestMetadata(context.Background())
		if got["authorization"] != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if err := os.WriteFile(file, []byte("second"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := fromFile.authorization(context.Background()); got != "Bearer second" {
		t.Errorf("a token that was renewed is not used: %v", err)
	}
}

func TestCredentialsAreNotShown(t *testing.T) {
	c := GatewayKey(secretForTests)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, value := range []any{c, Options{Credentials: c}, &Options{Credentials: c}} {
			if strings.Contains(fmt.Sprintf(format, value), secretForTests) {
				t.Errorf("%s shows the key of a %T", format, value)
			}
		}
	}
}

func TestKeys(t *testing.T) {
	sixteen := "0123456789abcdef"
	tests := []struct {
		name, given, want string // want empty: refused
	}{
		{"bare", sixteen, sixteen},
		{"quoted", `"` + sixteen + `"`, sixteen},
		{"with a space within", "a key of sixteen", "a key of sixteen"},
		{"longest", strings.Repeat("x", 256), strings.Repeat("x", 256)},
		{"too short", "short", ""},
		{"too long", strings.Repeat("x", 257), ""},
		{"one quote", `"` + sixteen, ""},
		{"backslash", `\` + sixteen, ""},
		{"space at an end", sixteen + " ", ""},
		{"not ASCII", sixteen + "é", ""},
		{"line break", sixteen + "\n", ""},
		{"nothing", "", ""},
		{"a quote alone", `"`, ""},
	}
	for _, test := range tests {
		ctx, key, err := keyed(WithKey(context.Background(), test.given))
		if key != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s: %q, %v", test.name, key, err)
		}
		if md, _ := metadata.FromOutgoingContext(ctx); len(md.Get(keyMetadata)) != 1 {
			t.Errorf("%s: the metadata is %v", test.name, md)
		}
	}
	if _, _, err := keyed(metadata.AppendToOutgoingContext(WithKey(context.Background(), sixteen), keyMetadata, sixteen)); err == nil {
		t.Error("two keys are taken")
	}
	first, second := NewKey(), NewKey()
	if _, err := checkKey(first); err != nil || first == second {
		t.Errorf("new keys %q and %q: %v", first, second, err)
	}
}

func TestWaits(t *testing.T) {
	c := &call{asker: newAsker(Options{})}
	for attempt := range 100 {
		limit := 5 * time.Second
		if attempt < 5 {
			limit = 200 * time.Millisecond << attempt
		}
		if wait := c.wait(attempt, 0); wait < 0 || wait > limit {
			t.Errorf("attempt %d: %v, at most %v", attempt, wait, limit)
		}
		if wait := c.wait(attempt, 3*time.Second); wait < 3*time.Second || wait > 3300*time.Millisecond {
			t.Errorf("attempt %d: %v after being told 3 s", attempt, wait)
		}
	}
	if wait := c.wait(0, time.Hour); wait > 66*time.Second {
		t.Errorf("an hour that is asked for is waited: %v", wait)
	}
}
