// Package access decides about calls: who makes them, whether they may, with which of
// PortOne's API secrets they go up, and what is written down of it.
//
// A call meets it three times. Begin, before anything of the request is read, finds the
// caller and whether it may call the RPC at all, now. Admit judges the HTTP request that
// would go up, where that depends on it, and chooses the secret. End writes down how the
// call ended. A call is decided about by one policy from beginning to end, however often
// the file changes meanwhile.
//
// The parts are in packages of their own: identity, policy, condition, view, limit,
// audit, tlsconfig, transport.
package access
