// Package condition has the conditions of a policy: expressions in CEL over the
// request that would go to PortOne.
//
// They are CEL with less: a field that the request does not have has no value, so that
// a comparison with it is an error and the condition does not hold, where CEL would
// compare with 0 (has() asks for it); enum values are text under PortOne's names, and
// comparisons with names that the enum does not have are mistakes; there is no clock,
// and nothing of the call but the request, its store and its caller. So a condition can
// be tested, and says the same every time.
package condition
