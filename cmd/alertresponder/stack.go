//go:build !demo

package main

import (
	"github.com/alecthomas/kong"

	"github.com/m-mizutani/AlertResponder/internal/cli/stack"
)

func commands() []kong.Option { return stack.Commands() }
