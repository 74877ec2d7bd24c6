package front

import (
	"net/http"
	"strconv"
)

const (
	typeJSON = "application/json; charset=utf-8"
	typeText = "text/plain; charset=utf-8"
	typeHTML = "text/html; charset=utf-8"
)

// answer is an HTTP answer in the making. It is never changed once it is made:
// answers are kept for idempotency keys.
type answer struct {
	status      int
	contentType string // empty with an empty body
	retryAfter  int    // seconds; 0 for no such header
	allow       string // the header of that name; empty for none
	body        []byte
}

// plain is an answer that is not PortOne's JSON, as servers give it for requests
// that do not reach an API.
func plain(status int) answer {
	return answer{status: status, contentType: typeText, body: []byte(http.StatusText(status) + "\n")}
}

// header writes the answer's head, which says that length bytes follow.
func (a answer) header(w http.ResponseWriter, length int) {
	h := w.Header()
	if a.contentType != "" {
		h.Set("Content-Type", a.contentType)
	}
	if a.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(a.retryAfter))
	}
	if a.allow != "" {
		h.Set("Allow", a.allow)
	}
	h.Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(a.status)
}

// send writes the answer. An error of the connection is the client's: it will
// see.
func (a answer) send(w http.ResponseWriter) {
	a.header(w, len(a.body))
	_, _ = w.Write(a.body)
}
