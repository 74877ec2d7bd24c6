// Package view reads the HTTP request that would go to PortOne, so that it can be
// judged by what it says. Entries of `unrecognized` can replace, add or take away
// members, path parameters and the store of a request; in the request that is made
// they are what they have become, and that is the one which is read here: path, query
// and JSON body, byte by byte, as transcode.Call.SetRequest made them.
//
// A Plan says which fields are read. Whatever could make the reader and PortOne
// disagree is a Problem, and no value is given then: a value that is not of the
// contract's type, a null, a member that the contract does not know beside one that is
// read, a name that differs from a known one by case only, a parameter that stands
// twice.
package view
