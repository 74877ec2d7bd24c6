// Package upstream calls PortOne: it turns a request message into an HTTP request
// with credentials and idempotency key, repeats it where that is safe and useful,
// and ends with PortOne's answer or an error that says what is known.
//
// What is repeated (at most four attempts, always with the same key, with
// backoff, jitter and a budget for all calls together): requests whose connection
// failed, broken or half answers, 502, 503 and 504 that are no typed error, 429
// after its Retry-After, and for reads typed errors that are temporary. A
// mutation that PortOne is still working on (IDEMPOTENCY_OUTSTANDING_REQUEST) is
// asked for again until it is done or the time is over; that is no attempt. A
// typed error is an answer: it is not repeated and does not count against PortOne.
//
// A mutation that may have been carried out by any of its attempts never ends as
// if it had not.
package upstream
