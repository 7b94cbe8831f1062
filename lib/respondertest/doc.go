// Package respondertest tests plugins against the contracts of package responder.
//
// in → out: a plugin → what it does wrong. [TestInspector], [TestReviewer] and [TestEmitter] are the contract
// tests; [Tasks] and [Reports] are what they ask, with the values that alerts bring sooner or later: IPv6,
// internationalized names, empty and very long values, and text that wants to be markup, a command or a
// query. Run them with the race detector.
//
// The plugin's services should be stubs (net/http/httptest): the tests call it a few hundred times.
package respondertest
