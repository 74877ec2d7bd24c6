// Package policy has the file that says who may call what: its strict reader, and what
// is made of it to decide by.
//
// What no role grants is refused, and there are no rules that take away: more text
// never takes rights from anybody, and the order of anything never matters. A mistake
// anywhere makes the whole file bad, with line and column.
package policy
