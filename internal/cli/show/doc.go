// Package show is how reports look in a terminal.
//
// in → out: a report → text for people, or one line of JSON, that no terminal can be attacked with.
package show
