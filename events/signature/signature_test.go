package signature_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"pgregory.net/rapid"

	"github.com/portone-gateway/portone-gateway/events/signature"
)

var (
	now  = time.Unix(1_780_000_000, 0)
	body = []byte(`{"type":"Transaction.Paid","data":{"paymentId":"p"}}`)
)

// secretText encodes a key as PortOne's console shows it.
func secretText(key string) string { return "whsec_" + base64.StdEncoding.EncodeToString([]byte(key)) }

func secret(t testing.TB, label, key string) signature.Secret {
	t.Helper()
	s, err := signature.NewSecret(label, secretText(key))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func signed(s signature.Secret, id string, at time.Time) http.Header {
	header := make(http.Header)
	signature.Sign(s, header, id, at, body)
	return header
}

func TestVerify(t *testing.T) {
	live, test, stranger := secret(t, "live", "key of live"), secret(t, "test", "key of test"), secret(t, "live", "a stranger's key")
	secrets := []signature.Secret{live, test}
	with := func(change func(http.Header)) http.Header {
		header := signed(live, "id", now)
		change(header)
		return header
	}
	right := signed(live, "id", now).Get(signature.HeaderSignature)
	tests := []struct {
		name   string
		header http.Header
		body   string
		label  string
		want   error
	}{
		{"the first secret", signed(live, "id", now), string(body), "live", nil},
		{"the second secret", signed(test, "id", now), string(body), "test", nil},
		{"a stranger's secret", signed(stranger, "id", now), string(body), "", signature.ErrMismatch},
		{"another body", signed(live, "id", now), string(body) + " ", "", signature.ErrMismatch},
		{"another id", with(func(h http.Header) { h.Set("Webhook-Id", "di") }), string(body), "", signature.ErrMismatch},
		{"another time", with(func(h http.Header) { h.Set("Webhook-Timestamp", "1780000001") }), string(body), "", signature.ErrMismatch},
		{"the edge of the past", signed(live, "id", now.Add(-5*time.Minute)), string(body), "live", nil},
		{"over the edge of the past", signed(live, "id", now.Add(-5*time.Minute-time.Second)), string(body), "", signature.ErrTimestamp},
		{"the edge of the future", signed(live, "id", now.Add(5*time.Minute)), string(body), "live", nil},
		{"over the edge of the future", signed(live, "id", now.Add(5*time.Minute+time.Second)), string(body), "", signature.ErrTimestamp},
		{"the right one among others", with(func(h http.Header) { h.Set("Webhook-Signature", "v1a,AAAA v1,AAAA v2,"+right[3:]+" "+right) }), string(body), "live", nil},
		{"another version", with(func(h http.Header) { h.Set("Webhook-Signature", "v2,"+right[3:]) }), string(body), "", signature.ErrMismatch},
		{"no version", with(func(h http.Header) { h.Set("Webhook-Signature", right[3:]) }), string(body), "", signature.ErrMismatch},
		{"cut short", with(func(h http.Header) { h.Set("Webhook-Signature", right[:len(right)-4]) }), string(body), "", signature.ErrMismatch},
		{"no signature at all", with(func(h http.Header) { h.Set("Webhook-Signature", "v1,") }), string(body), "", signature.ErrMismatch},
		{"no id", with(func(h http.Header) { h.Del("Webhook-Id") }), string(body), "", signature.ErrHeaders},
		{"no timestamp", with(func(h http.Header) { h.Del("Webhook-Timestamp") }), string(body), "", signature.ErrHeaders},
		{"no signature header", with(func(h http.Header) { h.Del("Webhook-Signature") }), string(body), "", signature.ErrHeaders},
		{"an id twice", with(func(h http.Header) { h.Add("Webhook-Id", "id") }), string(body), "", signature.ErrHeaders},
		{"a signature twice", with(func(h http.Header) { h.Add("Webhook-Signature", "v1,AAAA") }), string(body), "", signature.ErrHeaders},
		{"an empty id", with(func(h http.Header) { h.Set("Webhook-Id", "") }), string(body), "", signature.ErrHeaders},
		{"an id with a line break", with(func(h http.Header) { h["Webhook-Id"] = []string{"a\nb"} }), string(body), "", signature.ErrHeaders},
		{"an id too long", with(func(h http.Header) { h.Set("Webhook-Id", strings.Repeat("a", 257)) }), string(body), "", signature.ErrHeaders},
		{"a timestamp with a sign", with(func(h http.Header) { h.Set("Webhook-Timestamp", "+1780000000") }), string(body), "", signature.ErrHeaders},
		{"a timestamp with a zero before it", with(func(h http.Header) { h.Set("Webhook-Timestamp", "01780000000") }), string(body), "", signature.ErrHeaders},
		{"a timestamp with a fraction", with(func(h http.Header) { h.Set("Webhook-Timestamp", "1780000000.5") }), string(body), "", signature.ErrHeaders},
		{"a timestamp out of all range", with(func(h http.Header) { h.Set("Webhook-Timestamp", "99999999999999999999") }), string(body), "", signature.ErrHeaders},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := signature.Verify(secrets, test.header, []byte(test.body), now, signature.DefaultTolerance)
			if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if err == nil && (got.Environment != test.label || got.ID != "id") {
				t.Errorf("got %+v, want id and label %q", got, test.label)
			}
		})
	}
	t.Run("no tolerance is any time", func(t *testing.T) {
		if _, err := signature.Verify(secrets, signed(live, "id", time.Unix(1, 0)), body, now, 0); err != nil {
			t.Error(err)
		}
	})
	t.Run("no secrets", func(t *testing.T) {
		if _, err := signature.Verify(nil, signed(live, "id", now), body, now, 0); !errors.Is(err, signature.ErrMismatch) {
			t.Error(err)
		}
	})
	t.Run("the zero secret signs for nobody", func(t *testing.T) {
		var zero signature.Secret
		if _, err := signature.Verify([]signature.Secret{zero}, signed(zero, "id", now), body, now, 0); !errors.Is(err, signature.ErrMismatch) {
			t.Error(err)
		}
	})
}

// TestLikeTheLibrary holds Verify against the Go library of Standard Webhooks: what it
// takes, Verify takes, and the other way round, for headers in their usual form.
func TestLikeTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "key")
		text := "whsec_" + base64.StdEncoding.EncodeToString(key)
		ours, err := signature.NewSecret("live", text)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := standardwebhooks.NewWebhook(text)
		if err != nil {
			t.Fatal(err)
		}
		id := rapid.StringMatching(`[a-zA-Z0-9_-]{1,40}`).Draw(t, "id")
		payload := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		clock := time.Now() // which the library has no other way of
		at := clock.Add(time.Duration(rapid.IntRange(-600, 600).Draw(t, "seconds")) * time.Second)
		mac, err := theirs.Sign(id, at, payload)
		if err != nil {
			t.Fatal(err)
		}
		switch rapid.SampledFrom([]string{"as it is", "other body", "other id", "more signatures", "cut"}).Draw(t, "change") {
		case "other body":
			payload = append(payload, '.')
		case "other id":
			id += "."
		case "more signatures":
			mac = "v1,AAAA v1a,xyz " + mac
		case "cut":
			mac = mac[:len(mac)-1]
		}
		header := http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {strconv.FormatInt(at.Unix(), 10)}, "Webhook-Signature": {mac}}
		if gap := clock.Sub(at).Abs() - 5*time.Minute; gap.Abs() < 3*time.Second {
			t.Skip("the clocks could differ")
		}
		want := theirs.Verify(payload, header)
		_, got := signature.Verify([]signature.Secret{ours}, header, payload, clock, signature.DefaultTolerance)
		if (want == nil) != (got == nil) {
			t.Errorf("the library: %v; Verify: %v", want, got)
		}
	})
}

func TestNewSecret(t *testing.T) {
	tests := []struct {
		name, label, text string
		ok                bool
	}{
		{"as the console has it", "live", "whsec_c2VjcmV0", true},
		{"without the prefix", "test", "c2VjcmV0", true},
		{"without padding", "test", "whsec_c2VjcmU", true},
		{"with a line's end", "live", "whsec_c2VjcmV0\r\n", true},
		{"empty", "live", "", false},
		{"the prefix alone", "live", "whsec_", false},
		{"no base64", "live", "whsec_se-cret", false},
		{"no label", "", "whsec_c2VjcmV0", false},
		{"a label with a point", "li.ve", "whsec_c2VjcmV0", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := signature.NewSecret(test.label, test.text)
			if (err == nil) != test.ok {
				t.Fatalf("error %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "c2Vj") {
				t.Errorf("the error shows the secret: %v", err)
			}
			marshalled, _ := json.Marshal(s)
			for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s %d %x", s, s, s, s, s, s), string(marshalled)} {
				if strings.Contains(shown, "secre") || strings.Contains(shown, "c2Vj") || strings.Contains(shown, "115") {
					t.Errorf("the secret shows: %s", shown)
				}
			}
		})
	}
}

func TestFiles(t *testing.T) {
	folder := t.TempDir()
	live, test := filepath.Join(folder, "live"), filepath.Join(folder, "test")
	write := func(path string, lines ...string) {
		t.Helper()
		// Replaced and not written over, so that no half of it is read.
		if err := os.WriteFile(path+".new", []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	write(live, "# the old one", secretText("one"), "", secretText("two"))
	write(test, secretText("three"))
	files, err := signature.NewFiles([]string{live, "test=" + test}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	verifies := func(label, key string) bool {
		header := make(http.Header)
		s, err := signature.NewSecret(label, secretText(key))
		if err != nil {
			t.Fatal(err)
		}
		signature.Sign(s, header, "id", now, body)
		v, err := signature.Verify(files.Secrets(), header, body, now, 0)
		return err == nil && v.Environment == label
	}
	for label, keys := range map[string][]string{"live": {"one", "two"}, "test": {"three"}} {
		for _, key := range keys {
			if !verifies(label, key) {
				t.Errorf("the secret %q of %s is not in use", key, label)
			}
		}
	}
	eventually := func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("not so within 20 s: %s", what)
			}
		}
	}
	write(live, secretText("two"), secretText("four"))
	eventually("the new secret is in use and the expired one is not", func() bool { return verifies("live", "four") && !verifies("live", "one") })
	write(live, "whsec_")
	eventually("the mistake is noticed", func() bool { return !files.OK() })
	if !verifies("live", "four") || !verifies("test", "three") {
		t.Error("a mistake in a file took away the secrets that were read before")
	}
	write(live, secretText("five"))
	eventually("the file is good again", func() bool { return files.OK() && verifies("live", "five") })
}

func TestFilesRefused(t *testing.T) {
	folder := t.TempDir()
	path := func(name, text string) string {
		full := filepath.Join(folder, name)
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return full
	}
	tests := []struct {
		name, spec, want string
	}{
		{"no such file", filepath.Join(folder, "none"), "none"},
		{"empty", path("empty", "\n# nothing\n"), "empty: there is no webhook secret"},
		{"no secret in a line", path("bad", secretText("a")+"\nwhsec_!\n"), "bad:2"},
		{"too large", path("large", strings.Repeat("#\n", 16<<10)), "larger"},
		{"a label that is none", "Live=" + path("good", secretText("a")), "label"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := signature.NewFiles([]string{test.spec}, slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}
