//go:build !race

package sandbox_test

// many is how many payments a sandbox has to take easily.
const many = 100_000
