package errmap

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/transcode"
)

const learned = portonev2.DeclineConfidence_DECLINE_CONFIDENCE_CHANNEL_LEARNED

// paid is a payment as PortOne's JSON has it. Whatever the customer writes must not
// be taken for a channel.
func paid(store, key, pg string) string {
	return fmt.Sprintf(`{"status":"PAID","id":"p","transactionId":"t","merchantId":"m","storeId":%q,"channel":{"type":"LIVE","id":"c","key":%q,"name":"a {name}","pgProvider":%q,"pgMerchantId":"x"},`+
		`"version":"V2","requestedAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z","statusChangedAt":"2026-01-01T00:00:00Z","paidAt":"2026-01-01T00:00:00Z",`+
		`"orderName":"o","amount":{"total":1,"taxFree":0,"discount":0,"paid":1,"cancelled":0,"cancelledTaxFree":0},"currency":"KRW","customer":{},`+
		`"customData":"{\"channel\":{\"key\":\"stolen\",\"pgProvider\":\"KCP_V2\"}}","pgResponse":"{\"pgProvider\":\"NICE\"}"}`, store, key, pg)
}

func observe(t testing.TB, c *Channels, message proto.Message, json string) {
	if err := transcode.Unmarshal([]byte(json), message, transcode.Strict); err != nil {
		t.Fatal(err)
	}
	wire, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	c.Observe(message.ProtoReflect().Descriptor(), []byte(json), wire)
}

func channels(t testing.TB, configured map[string]string) *Channels {
	c, err := NewChannels(configured)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestLearning: what answers say of channels is known afterwards, by store.
func TestLearning(t *testing.T) {
	c := channels(t, map[string]string{"set": "KICC_V2"})
	observe(t, c, new(portonev2.Payment), paid("store-1", "key-1", "KCP_V2"))
	observe(t, c, new(portonev2.Payment), paid("store-1", "set", "KCP_V2"))
	observe(t, c, new(portonev2.Payment), paid("store-1", "key-new", "PG_OF_TOMORROW"))
	observe(t, c, new(portonev2.Payment), paid("store-1", "key-2", "NICE_V2"))
	observe(t, c, new(portonev2.Payment), paid("store-2", "key-2", "KCP_V2"))
	observe(t, c, new(portonev2.Payment), paid("store-1", "key-3", "NICE_V2"))
	observe(t, c, new(portonev2.Payment), paid("store-1", "key-3", "KCP_V2")) // one of them is wrong
	observe(t, c, new(portonev2.Payment), paid("store-1", strings.Repeat("k", 129), "KCP_V2"))
	observe(t, c, new(portonev2.GetPaymentsResponse), `{"items":[`+paid("store-3", "key-4", "KAKAOPAY")+`,`+paid("store-4", "key-5", "NAVERPAY")+`],"page":{"number":0,"size":2,"totalCount":2}}`)
	observe(t, c, new(portonev2.BillingKeyInfo), `{"status":"ISSUED","billingKey":"b","merchantId":"m","storeId":"store-5","customer":{},"issuedAt":"2026-01-01T00:00:00Z",`+
		`"channels":[{"type":"LIVE","key":"key-6","pgProvider":"TOSSPAYMENTS","pgMerchantId":"x"},{"type":"LIVE","key":"key-7","pgProvider":"NICE_V2","pgMerchantId":"x"},{"type":"LIVE","pgProvider":"NICE_V2","pgMerchantId":"x"}]}`)
	tests := []struct {
		name, store, key string
		want             PG
	}{
		{"learned", "store-1", "key-1", PG{"KCP_V2", learned}},
		{"learned, store not named", "", "key-1", PG{"KCP_V2", learned}},
		{"of another store", "store-2", "key-1", PG{}},
		{"settings count more", "store-1", "set", PG{"KICC_V2", configured}},
		{"a PG from tomorrow", "", "key-new", PG{"PG_OF_TOMORROW", learned}},
		{"two stores", "store-1", "key-2", PG{"NICE_V2", learned}},
		{"the other", "store-2", "key-2", PG{"KCP_V2", learned}},
		{"two stores that differ, none named", "", "key-2", PG{}},
		{"contradicted", "store-1", "key-3", PG{}},
		{"contradicted, store not named", "", "key-3", PG{}},
		{"in a page", "store-3", "key-4", PG{"KAKAOPAY", learned}},
		{"in a page, the other", "store-4", "key-5", PG{"NAVERPAY", learned}},
		{"of a billing key", "store-5", "key-6", PG{"TOSSPAYMENTS", learned}},
		{"of a billing key, the other", "store-5", "key-7", PG{"NICE_V2", learned}},
		{"what a customer wrote", "", "stolen", PG{}},
		{"too long", "", strings.Repeat("k", 129), PG{}},
		{"no key", "store-1", "", PG{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := c.Lookup(test.store, test.key); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
	if n := c.Len(); n != 10 {
		t.Errorf("%d channels", n)
	}
}

func TestConfiguredChannels(t *testing.T) {
	for key, pg := range map[string]string{"k": "KPC", "": "KCP", " k": "KCP", "u": "UNSPECIFIED"} {
		if _, err := NewChannels(map[string]string{key: pg}); err == nil {
			t.Errorf("%q at %q is taken", key, pg)
		}
	}
}

// TestForgetting: the oldest is forgotten, and learned anew when it is seen again.
func TestForgetting(t *testing.T) {
	c := channels(t, nil)
	c.limit = 3
	for _, key := range []string{"1", "2", "3", "4"} {
		observe(t, c, new(portonev2.Payment), paid("s", key, "KCP_V2"))
	}
	known := func() (keys string) {
		for _, key := range []string{"1", "2", "3", "4"} {
			if c.Lookup("s", key).Name != "" {
				keys += key
			}
		}
		return keys
	}
	if got := known(); got != "234" || c.Len() != 3 {
		t.Errorf("%s are known, %d", got, c.Len())
	}
	observe(t, c, new(portonev2.Payment), paid("s", "1", "KCP_V2"))
	if got := known(); got != "134" || c.Len() != 3 {
		t.Errorf("%s are known, %d", got, c.Len())
	}
	for i := range 10 { // one key in many stores
		observe(t, c, new(portonev2.Payment), paid(fmt.Sprint("s", i), "5", "KCP_V2"))
	}
	if c.Len() > 3 {
		t.Errorf("%d are known", c.Len())
	}
}

// TestLearningAtOnce is for the race detector, and shows that memory is bounded.
func TestLearningAtOnce(t *testing.T) {
	c := channels(t, nil)
	c.limit = 50
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 60 {
				key := fmt.Sprint("key-", (i*37+j)%100)
				observe(t, c, new(portonev2.Payment), paid("s", key, "KCP_V2"))
				if pg := c.Lookup("", key); pg.Name != "" && pg.Name != "KCP_V2" {
					t.Errorf("%v", pg)
				}
			}
		})
	}
	wg.Wait()
	if c.Len() > 50 || len(c.order) > 50 {
		t.Errorf("%d channels, %d in order", c.Len(), len(c.order))
	}
}

// TestObservingAllocates: what is known already costs no memory.
func TestObservingAllocates(t *testing.T) {
	c := channels(t, nil)
	json, wire, output := observed(t, c)
	if n := testing.AllocsPerRun(100, func() { c.Observe(output, json, wire) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkObserve is what a payment costs whose channel is known.
func BenchmarkObserve(b *testing.B) {
	c := channels(b, nil)
	json, wire, output := observed(b, c)
	b.ReportAllocs()
	for b.Loop() {
		c.Observe(output, json, wire)
	}
}

func observed(t testing.TB, c *Channels) (json, wire []byte, output protoreflect.MessageDescriptor) {
	message := new(portonev2.Payment)
	json = []byte(paid("store-1", "key-1", "KCP_V2"))
	observe(t, c, message, string(json))
	wire, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return json, wire, message.ProtoReflect().Descriptor()
}
