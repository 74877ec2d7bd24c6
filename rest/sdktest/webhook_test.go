package sdktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portone-gateway/portone-gateway/events/signature"
	"github.com/portone-gateway/portone-gateway/sandbox"
)

// webhookCase is a webhook for a verifier.
type webhookCase struct {
	Name   string            `json:"name"`
	Secret string            `json:"secret"`
	Header map[string]string `json:"header"`
	Body   string            `json:"body"`
}

// webhookCases are webhooks that are right, and wrong in every way that PortOne's SDKs
// tell. Where the SDKs differ among themselves there is no case.
func webhookCases(t *testing.T) []webhookCase {
	t.Helper()
	const text, other = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw==", "whsec_YW5vdGhlciBzZWNyZXQ="
	const paid = `{"type":"Transaction.Paid","timestamp":"2024-04-25T10:00:00.000Z","data":{"storeId":"store-1","paymentId":"결제-1","transactionId":"tx-1"}}`
	cases := []webhookCase{}
	add := func(name, key, id string, at time.Duration, change func(*webhookCase)) {
		secret, err := signature.NewSecret("live", key)
		if err != nil {
			t.Fatal(err)
		}
		header := make(http.Header)
		signature.Sign(secret, header, id, time.Now().Add(at), []byte(paid))
		c := webhookCase{Name: name, Secret: text, Body: paid, Header: map[string]string{}}
		for name := range header {
			c.Header[strings.ToLower(name)] = header.Get(name)
		}
		if change != nil {
			change(&c)
		}
		cases = append(cases, c)
	}
	set := func(name string, value func(string) string) func(*webhookCase) {
		return func(c *webhookCase) { c.Header[name] = value(c.Header[name]) }
	}
	add("right", text, "msg-1", 0, nil)
	add("a secret without its prefix", text, "msg-2", 0, func(c *webhookCase) { c.Secret = strings.TrimPrefix(text, "whsec_") })
	add("another secret", other, "msg-3", 0, nil)
	add("another body", text, "msg-4", 0, func(c *webhookCase) { c.Body = strings.Replace(paid, "store-1", "store-2", 1) })
	add("another id", text, "msg-5", 0, set("webhook-id", func(string) string { return "msg-6" }))
	add("four minutes ago", text, "msg-7", -4*time.Minute, nil)
	add("ten minutes ago", text, "msg-8", -10*time.Minute, nil)
	add("in ten minutes", text, "msg-9", 10*time.Minute, nil)
	add("a timestamp that is none", text, "msg-10", 0, set("webhook-timestamp", func(string) string { return "today" }))
	add("a timestamp moved", text, "msg-11", 0, set("webhook-timestamp", func(sent string) string {
		seconds, _ := strconv.Atoi(sent)
		return strconv.Itoa(seconds + 1)
	}))
	add("two signatures, as in a rotation", text, "msg-12", 0, set("webhook-signature", func(v1 string) string {
		return "v1,c2lnbmVkIHdpdGggYW5vdGhlciBzZWNyZXQgISEhISE= " + v1
	}))
	add("another version", text, "msg-13", 0, set("webhook-signature", func(v1 string) string { return "v2" + v1[2:] }))
	add("no signature", text, "msg-14", 0, func(c *webhookCase) { delete(c.Header, "webhook-signature") })
	cases = append(cases, sentBySandbox(t))
	add("no id", text, "msg-15", 0, func(c *webhookCase) { delete(c.Header, "webhook-id") })
	return cases
}

// sentBySandbox is a webhook as the sandbox posts it.
func sentBySandbox(t *testing.T) webhookCase {
	t.Helper()
	received := make(chan webhookCase, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		c := webhookCase{Name: "from the sandbox", Secret: sandbox.DefaultWebhookSecret, Body: string(body), Header: map[string]string{}}
		for _, name := range []string{signature.HeaderID, signature.HeaderTimestamp, signature.HeaderSignature} {
			c.Header[strings.ToLower(name)] = r.Header.Get(name)
		}
		received <- c
	}))
	t.Cleanup(receiver.Close)
	shop, err := sandbox.New(sandbox.Options{WebhookURL: receiver.URL})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	shop.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sandbox/window", strings.NewReader(`{"paymentId":"p","orderName":"o","totalAmount":1000}`)))
	if w.Code != http.StatusOK {
		t.Fatalf("paying: %d %s", w.Code, w.Body)
	}
	select {
	case c := <-received:
		return c
	case <-time.After(20 * time.Second):
		t.Fatal("the sandbox has posted nothing within 20 s")
		return webhookCase{}
	}
}

// ours says what the gateway's verifier says.
func ours(t *testing.T, c webhookCase) string {
	t.Helper()
	secret, err := signature.NewSecret("live", c.Secret)
	if err != nil {
		t.Fatal(err)
	}
	header := make(http.Header)
	for name, value := range c.Header {
		header.Set(name, value)
	}
	if _, err := signature.Verify([]signature.Secret{secret}, header, []byte(c.Body), time.Now(), signature.DefaultTolerance); err != nil {
		return "refused"
	}
	return "accepted"
}

// verifyBy has a program judge the cases, and compares it with the gateway.
func verifyBy(t *testing.T, program ...string) {
	t.Helper()
	cases := webhookCases(t)
	var input bytes.Buffer
	for _, c := range cases {
		line, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&input, "%s\n", line)
	}
	command := exec.CommandContext(t.Context(), program[0], program[1:]...)
	command.Stdin = &input
	var errs bytes.Buffer
	command.Stderr = &errs
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	want, got := make(map[string]string), make(map[string]string)
	for i, verdict := range lines(out) {
		want[cases[i].Name] = verdict
		got[cases[i].Name] = ours(t, cases[i])
	}
	if len(want) != len(cases) || want["right"] != "accepted" || want["from the sandbox"] != "accepted" {
		t.Fatalf("the SDK judged %d of %d cases: %v", len(want), len(cases), want)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the gateway judges otherwise than the SDK (-SDK +gateway):\n%s", diff)
	}
}

func TestWebhookJavaScript(t *testing.T) {
	_, noNode := exec.LookPath("node")
	_, noSDK := os.Stat(filepath.Join("node_modules", "@portone", "server-sdk"))
	if noNode != nil || noSDK != nil {
		t.Skip("skipped: Node or PortOne's SDK for JavaScript is not here; `npm ci` in rest/sdktest installs the SDK")
	}
	verifyBy(t, "node", sources(t, "webhook.mjs")[0])
}

func TestWebhookPython(t *testing.T) {
	python := filepath.Join("venv", "bin", "python")
	if exec.Command(python, "-c", "import portone_server_sdk").Run() != nil {
		t.Skip("skipped: Python or PortOne's SDK for it is not here; see TestPython")
	}
	verifyBy(t, python, sources(t, "webhook.py")[0])
}

func TestWebhookJava(t *testing.T) {
	_, noJDK := exec.LookPath("javac")
	sdk, _ := filepath.Glob(filepath.Join("jars", "server-sdk-*.jar"))
	if noJDK != nil || len(sdk) == 0 {
		t.Skip("skipped: a JDK or PortOne's SDK for the JVM is not here; see TestJava")
	}
	jars, classes := filepath.Join("jars", "*"), t.TempDir()
	javac := append([]string{"-encoding", "UTF-8", "-cp", jars, "-d", classes}, sources(t, filepath.Join("webhookjava", "*.java"))...)
	if out, err := exec.CommandContext(t.Context(), "javac", javac...).CombinedOutput(); err != nil {
		t.Fatalf("javac: %v\n%s", err, out)
	}
	verifyBy(t, "java", "-Dfile.encoding=UTF-8", "-cp", classes+string(filepath.ListSeparator)+jars, "Webhook")
}
