package front_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox/front"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// opening is a Saturday evening in Korea.
var opening = time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)

// object is a JSON object, list a JSON array.
type (
	object = map[string]any
	list   = []any
)

// manner is how a merchant makes calls.
type manner struct {
	name string

	// twice makes every call that changes something twice, with the same
	// idempotency key, and expects the same answer.
	twice bool

	// noisy adds to requests what should make no difference.
	noisy bool
}

// merchant is a shop's server that uses the sandbox over HTTP, with nothing but
// net/http and JSON. Every answer is held against the contract.
type merchant struct {
	t       testing.TB
	sandbox *front.Server
	judge   *front.Judge
	base    string
	http    *http.Client
	manner  manner

	calls     int
	succeeded map[string]bool // operations
}

// newMerchant starts a sandbox whose clock stands at the opening.
func newMerchant(t testing.TB, judge *front.Judge, how manner, opts front.Options) *merchant {
	t.Helper()
	if opts.Clock == nil {
		opts.Clock = world.NewStoppedClock(opening)
	}
	s, err := front.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return &merchant{t: t, sandbox: s, judge: judge, base: server.URL, http: server.Client(), manner: how, succeeded: make(map[string]bool)}
}

// get calls an operation that reads, with a body, if one is given, in the query.
func (m *merchant) get(path string, body ...object) object {
	m.t.Helper()
	return m.succeed(http.MethodGet, path, body...)
}

func (m *merchant) post(path string, body ...object) object {
	m.t.Helper()
	return m.succeed(http.MethodPost, path, body...)
}

func (m *merchant) patch(path string, body object) object {
	m.t.Helper()
	return m.succeed(http.MethodPatch, path, body)
}

func (m *merchant) put(path string, body object) object {
	m.t.Helper()
	return m.succeed(http.MethodPut, path, body)
}

func (m *merchant) delete(path string, body ...object) object {
	m.t.Helper()
	return m.succeed(http.MethodDelete, path, body...)
}

// succeed makes a call that has to succeed.
func (m *merchant) succeed(method, path string, body ...object) object {
	m.t.Helper()
	status, answer := m.call(method, path, body...)
	if status != http.StatusOK {
		m.t.Fatalf("%s %s %v: %d %s", method, path, body, status, answer)
	}
	return m.read(answer)
}

// refused makes a call that has to be refused with a type of error, and returns
// the error.
func (m *merchant) refused(typ, method, path string, body ...object) object {
	m.t.Helper()
	status, answer := m.call(method, path, body...)
	read := m.read(answer)
	if status < 400 || read["type"] != typ {
		m.t.Fatalf("%s %s %v: %d %s; want %s", method, path, body, status, answer, typ)
	}
	return read
}

// read reads an answer, which may be empty.
func (m *merchant) read(answer []byte) object {
	m.t.Helper()
	if len(answer) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	var read object
	if err := d.Decode(&read); err != nil {
		m.t.Fatalf("%s: %v", answer, err)
	}
	return read
}

// call makes a call in the merchant's manner, and judges the answer.
func (m *merchant) call(method, path string, body ...object) (status int, answer []byte) {
	m.t.Helper()
	m.calls++
	target, text := m.form(method, path, body)
	key := ""
	if m.manner.twice && method != http.MethodGet {
		key = fmt.Sprintf(`"scenario-call-%06d"`, m.calls)
	}
	status, answer = m.send(method, target, text, key)
	operation, err := m.judge.Answer(method, target, status, answer)
	if err != nil {
		m.t.Errorf("%s %s %s\nanswers %d %s\n%v", method, target, text, status, answer, err)
	}
	if status == http.StatusOK {
		m.succeeded[operation] = true
	}
	if key != "" {
		if again, same := m.send(method, target, text, key); again != status || !bytes.Equal(same, answer) {
			m.t.Errorf("%s %s %s\nanswers %d %s\nand then %d %s", method, target, text, status, answer, again, same)
		}
	}
	return status, answer
}

// form is a request as it goes over the wire: the JSON of a GET or DELETE in the
// query, as PortOne's own libraries have it.
func (m *merchant) form(method, path string, body []object) (target string, text []byte) {
	m.t.Helper()
	if len(body) == 0 {
		return path, nil
	}
	text, err := json.Marshal(body[0])
	if err != nil {
		m.t.Fatal(err)
	}
	if method == http.MethodGet || method == http.MethodDelete {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		return path + separator + "requestBody=" + url.QueryEscape(string(text)), nil
	}
	if m.manner.noisy {
		if text, err = m.judge.Noise(method, path, text); err != nil {
			m.t.Fatal(err)
		}
	}
	return path, text
}

// send sends a request that has to be answered.
func (m *merchant) send(method, target string, body []byte, key string) (status int, answer []byte) {
	m.t.Helper()
	status, answer, err := m.exchange(method, target, body, key)
	if err != nil {
		m.t.Fatal(err)
	}
	return status, answer
}

// exchange is send for goroutines of the test.
func (m *merchant) exchange(method, target string, body []byte, key string) (status int, answer []byte, err error) {
	r, err := http.NewRequest(method, m.base+target, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "PortOne a-secret")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	response, err := m.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// control calls the control API.
func (m *merchant) control(method, command string, body object) object {
	m.t.Helper()
	return m.read(m.controlText(method, command, body))
}

func (m *merchant) controlText(method, command string, body object) []byte {
	m.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		m.t.Fatal(err)
	}
	status, answer := m.send(method, "/sandbox/"+command, text, "")
	if status != http.StatusOK {
		m.t.Fatalf("%s /sandbox/%s %s: %d %s", method, command, text, status, answer)
	}
	return answer
}

// until moves the clock to a time in Korea, such as "2026-02-28 10:00".
func (m *merchant) until(koreanTime string) {
	m.t.Helper()
	m.control("POST", "clock", object{"now": at(koreanTime)})
}

// at is a time in Korea, such as "2026-02-28 10:00", as JSON has it.
func at(koreanTime string) string {
	t, err := time.ParseInLocation("2006-01-02 15:04", koreanTime, world.Korea)
	if err != nil {
		panic(err)
	}
	return t.Format(time.RFC3339)
}

// pick is the value at a path in an answer, such as "items.0.amount.total"; nil if
// there is none.
func pick(in any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch v := in.(type) {
		case object:
			in = v[step]
		case list:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(v) {
				return nil
			}
			in = v[i]
		default:
			return nil
		}
	}
	return in
}

// text is the string at a path, which has to be there.
func (m *merchant) text(in any, path string) string {
	m.t.Helper()
	text, ok := pick(in, path).(string)
	if !ok {
		m.t.Fatalf("no text at %s in %v", path, in)
	}
	return text
}

// number is the integer at a path, which has to be there.
func (m *merchant) number(in any, path string) int64 {
	m.t.Helper()
	n, err := strconv.ParseInt(fmt.Sprint(pick(in, path)), 10, 64)
	if err != nil {
		m.t.Fatalf("no integer at %s in %v", path, in)
	}
	return n
}

// items is the list at a path, empty if there is none.
func items(in any, path string) list {
	all, _ := pick(in, path).(list)
	return all
}

// texts are the strings at a path in each object of a list, sorted.
func texts(in list, path string) []string {
	all := make([]string, len(in))
	for i := range in {
		all[i] = fmt.Sprint(pick(in[i], path))
	}
	slices.Sort(all)
	return all
}

// expect holds the values at paths against what they should be, given in turn. Nil
// is a member that should be absent.
func (m *merchant) expect(in any, pathsAndValues ...any) {
	m.t.Helper()
	for i := 0; i < len(pathsAndValues); i += 2 {
		path, want := pathsAndValues[i].(string), pathsAndValues[i+1]
		if got := pick(in, path); fmt.Sprint(got) != fmt.Sprint(want) {
			m.t.Errorf("%s is %v, want %v; in %v", path, got, want, in)
		}
	}
}
