// Package sandbox is an imitation of PortOne that runs inside a program: an
// http.Handler that speaks PortOne's REST API V2, keeps what it is given, and
// refuses what PortOne refuses, with PortOne's typed errors. It is for developing
// and testing without an account; no money moves, and nothing outlives the
// process.
//
//	s, err := sandbox.New(sandbox.Options{})
//	server := httptest.NewServer(s)
//
// What the operations do is in the packages below this one, a domain each, wired
// into one PortOne by domains: a cash receipt shows on its payment, a partner that
// is connected becomes a counterparty, a look-up of an account serves as proof for
// a partner. An operation that no domain implements would be answered with an
// example that is valid by the contract and repeats the ids and amounts of the
// request. This package has what all operations share, and it behaves as PortOne
// does: authentication, validity of requests, idempotency keys, typed errors,
// webhooks.
//
// # Authentication
//
// Any API secret will do but auth.InvalidSecret; access tokens expire on the
// sandbox's clock. What other secret a request has makes no difference: there is
// one world for all.
//
// # Idempotency keys
//
// As PortOne's: kept for three hours on the sandbox's clock, from the answer on, and
// ignored for GET. A key that was used for another request is INVALID_REQUEST;
// PortOne says only that it must not be. A key may have any printable characters of
// ASCII; PortOne advises letters, digits, - and _.
//
// # Webhooks
//
// Payments and billing keys set off webhooks, which GET /sandbox/webhooks lists.
// With Options.WebhookURL they are posted there, signed by the rules of Standard
// Webhooks: at once and in order, and again while they are not taken with a 2xx
// answer. There are at most 6 attempts, with waits of any length up to 1, 4, 16, 64
// and 256 minutes between them, on the sandbox's clock: moving it by 6 hours brings
// them all. Payments show what came of each; without a URL they show webhooks as
// taken. The time in the signature is real time, whatever the sandbox's clock shows:
// receivers refuse old signatures.
//
// # Fault injection
//
// A request asks for a fault with the header X-Portone-Sandbox or, where headers
// cannot be set, with a path parameter or a top-level string of the request that
// begins with "sandbox:", such as the payment id
// "sandbox:error=PAYMENT_NOT_FOUND". The header comes first; of several strings the
// first in the contract's order counts. Directives are separated by semicolons:
//
//	error=TYPE      answer with this typed error, its HTTP status, and an example
//	                of its data. A TYPE that the contract does not know needs a
//	                status. It is kept for the idempotency key, as any answer is.
//	pg=CODE         answer with PG_PROVIDER and this pgCode
//	status=N        answer with status N, 400 to 599, and HTML, as a load balancer
//	                does; with error or pg, the status of that answer
//	retry-after=S   with a Retry-After header, in seconds; needs status or error
//	latency=D       wait for D, such as 2s or 1m30s, before processing; the
//	                idempotency key is outstanding meanwhile
//	cut=before      cut the connection, without processing the request
//	cut=after       process the request, then cut the connection
//	half            process the request, send half of the answer, then cut
//	times=N         only the first N requests that ask for exactly this about
//	                the same object: the one that the path names, or the payment in
//	                the body; where there is neither, with the same idempotency key
//	n=ANYTHING      makes ids unique; stands as often as needed
//
// A mistake in this grammar is INVALID_REQUEST, and its message names it. What stops
// a request short (cut=before, status alone, error=IDEMPOTENCY_OUTSTANDING_REQUEST)
// does not use its idempotency key.
//
// # Control
//
// The control API below /sandbox/ moves and stops the clock, begins anew, imitates
// customers and PortOne's console, and shows what there is; GET /sandbox/ lists it,
// and the cards, channels, businesses and other values that behave in a set way. It
// needs no authentication.
package sandbox
