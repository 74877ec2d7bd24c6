// Package errmap turns what comes back from PortOne, or does not come back, into a
// gRPC status that a program can act on.
//
// Every status has a google.rpc.ErrorInfo; one that is made of a typed error of
// PortOne has a portone.v2.PortOneError with all that PortOne sent, the standard
// detail that fits its kind, and a LocalizedMessage. What each type becomes is one
// line of errors.tsv; what the codes of a PG mean is one line each of a dictionary
// in pg/. Both are data for people who know payments.
//
// Nothing that callers see has the API secret, a host or URL, a Go error's text or
// a piece of HTML in it: the cause is kept beside the status, for logs.
package errmap
