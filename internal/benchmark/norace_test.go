//go:build !race

package benchmark

const raced = false
