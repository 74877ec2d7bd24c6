package upstream

import (
	"bytes"
	"log/slog"
	"net/url"
)

// shown is how much of an answer that is none goes into the log.
const shown = 256

// strange is an answer that PortOne's API does not give, such as the HTML page of a
// load balancer.
type strange struct {
	status, size int
	begin        string // empty where it may name people or hold what is secret
}

// newStrange notes such an answer. What looks like JSON may be half of an answer, and
// so name people; and pages of servers may repeat the request that they refuse.
func (a *outgoing) newStrange(status int, body []byte) *strange {
	s := &strange{status: status, size: len(body)}
	begin := bytes.TrimSpace(body[:min(len(body), shown)])
	if len(begin) > 0 && begin[0] != '{' && begin[0] != '[' && !a.repeatsRequest(body) {
		s.begin = string(bytes.ToValidUTF8(begin, nil))
	}
	return s
}

// repeatsRequest tells whether an answer has something of the request in it: its
// headers, by whatever names they come back, its key, or the ids in its path.
func (a *outgoing) repeatsRequest(body []byte) bool {
	lower := bytes.ToLower(body)
	for _, word := range []string{"authorization", "idempotency", "portone "} {
		if bytes.Contains(lower, []byte(word)) {
			return true
		}
	}
	if secret, err := a.client.opts.Credentials.Secret(); err != nil || bytes.Contains(body, []byte(secret.value)) {
		return true
	}
	if a.call.Key != "" && bytes.Contains(body, []byte(a.call.Key)) {
		return true
	}
	for _, id := range pathIDs(a.call.Spec, a.request.Path) {
		if bytes.Contains(body, []byte(id.Value)) || bytes.Contains(body, []byte(url.PathEscape(id.Value))) {
			return true
		}
	}
	return len(a.request.Query) > 0 && bytes.Contains(body, a.request.Query)
}

// logStrange writes down, once for a call, that PortOne did not answer as its API
// does.
func (a *outgoing) logStrange() {
	if s := a.strange; s != nil {
		a.client.opts.Logger.Warn("PortOne's answer is no typed error", slog.String("operation", a.operation()),
			slog.String("request_id", a.call.RequestID), slog.Int("attempts", a.made), slog.Int("http_status", s.status),
			slog.String("begin", s.begin), slog.Int("bytes", s.size))
	}
}
