//go:build !race

package security

// raced says whether the race detector is on: what measures, and what runs functions as processes, has nothing to tell it.
const raced = false
