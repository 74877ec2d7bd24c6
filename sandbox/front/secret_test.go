package front

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestSecrets expects requests to be counted by the label of the secret that they came
// with, and no secret to be shown.
func TestSecrets(t *testing.T) {
	s, err := New(Options{Clock: world.NewStoppedClock(start), Secrets: map[string]string{"shop": "secret-one", "market": "secret-two"}})
	must(t, err)
	var tokens struct{ AccessToken string }
	must(t, json.Unmarshal(login(s, `{"apiSecret":"secret-two"}`).Body.Bytes(), &tokens))
	for _, authorization := range []string{
		"PortOne secret-one", "PortOne secret-one", "portone secret-two", "Bearer " + tokens.AccessToken, "PortOne third", "PortOne invalid-secret", "Bearer none",
	} {
		ask(s, "GET", "/payments/p", "", "Authorization: "+authorization)
	}
	counters := ask(s, "GET", "/sandbox/counters", "").Body.String()
	if want := `"requests.market":2,"requests.other":1,"requests.shop":2`; !strings.Contains(counters, want) {
		t.Errorf("%s, want %s", counters, want)
	}
	for _, path := range []string{"counters", "dump", ""} {
		if shown := ask(s, "GET", "/sandbox/"+path, "").Body.String(); strings.Contains(shown, "secret-one") || strings.Contains(shown, "secret-two") {
			t.Errorf("/sandbox/%s shows a secret", path)
		}
	}
	if w := ask(newSandbox(t), "GET", "/sandbox/counters", ""); strings.Contains(w.Body.String(), "requests.") {
		t.Errorf("without labels: %s", w.Body)
	}
}
