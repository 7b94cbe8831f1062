//go:build race

package benchmark

const raced = true
