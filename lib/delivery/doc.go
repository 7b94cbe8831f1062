// Package delivery is the kit for emitters that speak to a service over HTTP.
//
// in → out: a request → the service's answer, or an error that says when to try again, or that it is not known whether
// the service did it.
//
// A Client speaks to one service. It has time-outs, caps what it reads, follows no redirect, sends secrets to https only,
// and never puts them into an error.
package delivery
