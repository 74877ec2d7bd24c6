package rest

import (
	"net/http"
	"strconv"

	"github.com/portone-gateway/portone-gateway/service"
)

// exchange is a request, its call and its answer. It is the http.ResponseWriter that
// the router passes on.
type exchange struct {
	answer
	call service.Call
	read reading

	size        int  // what of the answer counts as held
	changes     bool // it is a mutation, or a request that may be meant as one
	errorStatus int  // HTTP status of an error, where the error's own does not say it
}

func newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	return &exchange{answer: answer{w: w}, call: service.Call{Headers: r.Header, Transport: "rest"}, changes: !reads(r.Method)}
}

// setHeaders sets what every answer has beside its body, once it is known.
func (x *exchange) setHeaders() {
	x.Header().Set("X-Request-Id", x.call.RequestID)
	if x.call.Key != "" {
		x.Header().Set("Idempotency-Key", string(x.call.Key))
	}
}

// write answers with JSON, under the status that has been set.
func (x *exchange) write(json []byte) {
	header := x.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(json)))
	_, _ = x.Write(json)
}
