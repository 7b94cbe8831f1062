//go:build race

package load_test

const raced = true
