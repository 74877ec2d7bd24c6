// Package chaos has tests of what must not be lost: processes that are killed, servers
// of a cluster that go away, a disk that is full. It has no code of its own.
package chaos
