// Package delivery is the kit for emitters that speak to a service over HTTP.
//
// in → out: a request → the service's answer, or an error that says when to try again, and whether the service may have
// done what it was asked nevertheless.
//
// A [Client] speaks to one service. It has time-outs, caps what it reads, follows no redirect, sends what it has to https
// only (and to this machine, for tests), and never puts a secret, or what a service says, into an error.
//
// An emitter is called at least once for each notification, and a process may end at any time. So it keeps in its Receipt
// what it has posted, and where that may be missing, because of [InDoubt] or of responder.Interrupted, it looks before it
// posts.
package delivery
