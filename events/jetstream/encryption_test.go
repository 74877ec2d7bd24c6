package jetstream_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portone-gateway/portone-gateway/events/jetstream"
	"github.com/portone-gateway/portone-gateway/events/store"
)

// TestEncryption looks for what an event says in the files of the store.
func TestEncryption(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	writeKey := func(lines string) {
		t.Helper()
		if err := os.WriteFile(key, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const credential = "billing-key-that-charges-a-card"
	found := func(dir string) (found bool) {
		t.Helper()
		err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
			if err != nil || info.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			found = found || bytes.Contains(text, []byte(credential)) || bytes.Contains(text, []byte("store-of-secrets"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	fill := func(s *jetstream.Store) {
		t.Helper()
		put(t, s, subscription("ledger", earliest))
		appendAll(t, s, record("id-1", func(r *store.Record) {
			r.Type, r.StoreID, r.Body = "BillingKey.Issued", "store-of-secrets", []byte(`{"type":"BillingKey.Issued","data":{"billingKey":"`+credential+`"}}`)
		}))
		loan := receive(t, receiver(t, s, "ledger"), 1)[0]
		if _, err := s.Nack(t.Context(), "ledger", loan.AckID, store.Nack{Park: true}); err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	plain, cipher := t.TempDir(), t.TempDir()
	fill(embedded(t, func(o *jetstream.Options) { o.Dir = plain }))
	if !found(plain) {
		t.Fatal("without a key nothing is found either, so this test tests nothing")
	}
	with := func(o *jetstream.Options) { o.Dir, o.KeyFile = cipher, key }
	writeKey("a key of sixteen or more bytes\n")
	fill(embedded(t, with))
	if found(cipher) {
		t.Error("the folder shows an event")
	}
	reads := func() {
		t.Helper()
		s := embedded(t, with)
		defer s.Close()
		if r, err := s.Find(t.Context(), "id-1", ""); err != nil || !strings.Contains(string(r.Body), credential) {
			t.Fatalf("found %v, error %v", r != nil, err)
		}
	}
	reads()
	writeKey("another key of many bytes\na key of sixteen or more bytes\n") // the new one, and the old one
	reads()
	writeKey("another key of many bytes\n")
	reads()
	for name, keys := range map[string]string{"another key": "not the key at all, sorry\n", "no key": "\n", "too short": "short\n", "three": "a\nb\nc\n"} {
		writeKey(keys)
		s, err := jetstream.Open(jetstream.Options{Dir: cipher, KeyFile: key})
		if err != nil {
			t.Fatal(err)
		}
		problem := s.Problem()
		s.Close()
		if problem == nil || strings.Contains(problem.Error(), "sorry") || strings.Contains(problem.Error(), "short\n") {
			t.Errorf("%s: problem %v", name, problem)
		}
	}
	writeKey("another key of many bytes\n")
	reads() // the wrong ones destroyed nothing
}
