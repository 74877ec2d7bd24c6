//go:build race

package sandbox_test

// many is fewer than without the race detector, which makes everything about ten
// times as slow.
const many = 10_000
