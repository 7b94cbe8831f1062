// Package protocol is what decides everything for a report: one small item, and the pure functions that
// change it.
//
// in → out: the item as read and an event (alerts, a submission, a deadline, a verdict) → the next item and
// what has to be sent. No function here calls anything; the drivers of the store apply the same changes as
// conditional updates, and the property tests run them against each other.
package protocol
