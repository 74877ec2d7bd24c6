// Package contract has the facts of the contract in proto/ that the rest of the
// program works from: its methods with what PortOne's document says of each, the
// reasons of errors, and the field numbers that have a meaning of their own. They
// are read once from the descriptors of the generated code, never change, and are
// safe for concurrent use.
//
// Package router, below it, finds the method of an HTTP request.
package contract
