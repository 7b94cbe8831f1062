// Package security is the security review as tests: it attacks the pipeline with all that is wired to it.
//
// in → out: hostile alerts, forged pages, marked secrets, more than there is room for → what must hold nevertheless.
//
// docs/threat-model.md names the test that stands for each threat. A plugin joins by a line in plugins_test.go.
package security
