// Package declines answers what the codes of PGs mean: DeclineService, in a contract
// of the gateway's own beside PortOne's, and the operator's own dictionaries, which
// are read from a folder again and again.
//
// What the codes mean is known to errmap.
package declines
