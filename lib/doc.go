// Package responder is the vocabulary of AlertResponder and the SDK for people who write plugins.
//
// in → out: an [Inspector] turns a [Task] (one attribute of an alert) into a [Page] (what was found about
// it); a [Reviewer] turns a [Report] (alerts and pages, compiled) into a [Result]; an [Emitter] carries a
// Report to where people look.
//
// The package imports the standard library only. A plugin runs on AWS Lambda by
// [github.com/m-mizutani/AlertResponder/lib/awslambda], in one process with the whole pipeline by
// [github.com/m-mizutani/AlertResponder/lib/embedded], and under test by
// [github.com/m-mizutani/AlertResponder/lib/respondertest].
//
// # Wire format
//
// All types marshal to JSON with names in snake_case. Unknown fields are ignored, missing ones have their
// zero value, a null list is an empty one. Messages carry [SchemaVersion] in the field v; see [CheckVersion].
package responder
