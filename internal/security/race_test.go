//go:build race

package security

const raced = true
