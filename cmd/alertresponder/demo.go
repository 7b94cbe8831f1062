//go:build demo

package main

import "github.com/alecthomas/kong"

// commands are none in what make demo builds: to compile the AWS SDK takes longer than all the rest.
func commands() []kong.Option { return nil }
