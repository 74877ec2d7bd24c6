package front_test

import (
	"bytes"
	"maps"
	"testing"

	"github.com/portone-gateway/portone-gateway/sandbox/front"
)

// scenarios are days in the life of merchants.
var scenarios = []struct {
	name string
	live func(*merchant)
}{
	{"subscription", subscription},
	{"marketplace", marketplace},
	{"tax invoices", taxInvoices},
	{"virtual accounts", virtualAccounts},
	{"identities", identities},
	{"counter", counter},
	{"platform changes", platformChanges},
}

// manners are the ways in which every scenario is lived. All of them have to come
// to the same.
var manners = []manner{
	{name: "plainly"},
	{name: "the same again"},
	{name: "every call twice with an idempotency key", twice: true},
	{name: "with members that nobody knows", noisy: true},
}

// TestScenarios lives every scenario in every manner, each in a sandbox of its own,
// and expects the same objects, counters and webhooks in the end, byte by byte.
// Together they make every operation succeed.
func TestScenarios(t *testing.T) {
	judge := front.NewJudge(t)
	succeeded := make(map[string]bool)
	for _, scenario := range scenarios {
		t.Run(scenario.name, func(t *testing.T) {
			var first []byte
			for _, how := range manners {
				t.Run(how.name, func(t *testing.T) {
					m := newMerchant(t, judge, how, front.Options{})
					scenario.live(m)
					maps.Copy(succeeded, m.succeeded)
					if err := judge.Objects(m.sandbox); err != nil {
						t.Error(err)
					}
					var last []byte
					for _, what := range []string{"dump", "counters", "webhooks"} {
						last = append(last, m.controlText("GET", what, nil)...)
					}
					if first == nil {
						first = last
					}
					if !bytes.Equal(first, last) {
						t.Errorf("ends as\n%s\nand not, as %s, as\n%s", last, manners[0].name, first)
					}
				})
			}
		})
	}
	t.Run("every operation succeeds in some scenario", func(t *testing.T) {
		for _, operation := range judge.Operations() {
			if !succeeded[operation] && !impossible[operation] {
				t.Errorf("%s does not", operation)
			}
		}
	})
}

// impossible are operations that read what is made in PortOne's console only.
var impossible = map[string]bool{"getB2bBulkTaxInvoice": true}

// TestNoise expects the noise to be there, in every object of a request.
func TestNoise(t *testing.T) {
	judge := front.NewJudge(t)
	quiet := `{"reason":"r","refundAccount":{"bank":"KDB","number":"1","holderName":"h"}}`
	noisy, err := judge.Noise("POST", "/payments/p-1/cancel", []byte(quiet))
	if got := bytes.Count(noisy, []byte(`"tomorrow":{"a":[null,1]}`)); err != nil || got != 2 {
		t.Errorf("%d times in %s, %v", got, noisy, err)
	}
	issued := `{"channelKey":"c","method":{"card":{"credential":{"number":"4242424242424242","expiryYear":"30","expiryMonth":"12"}}}}`
	noisy, err = judge.Noise("POST", "/billing-keys", []byte(issued))
	if err != nil || !bytes.Contains(noisy, []byte(`"noticeUrls":[`)) {
		t.Errorf("no empty list in %s, %v", noisy, err)
	}
}
