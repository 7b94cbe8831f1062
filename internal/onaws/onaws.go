// Package onaws puts the stages on AWS: the one place where their ports are wired to services.
//
// in → out: a function's environment, as template.yml sets it → the handler of a stage. Each package below it
// is one part of a stage, with one client, so that a function carries and starts only what it needs: what is
// linked is initialized at each cold start. If the environment is at fault, all faults are logged at the
// start and each invocation fails with them: no message is lost, and the alarms ring.
package onaws

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/m-mizutani/AlertResponder/internal/awsenv"
	"github.com/m-mizutani/AlertResponder/internal/host"
	"github.com/m-mizutani/AlertResponder/internal/logging"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
)

// Part reads its part of the environment, and leaves in the Setup what is to be wired when all of it is there.
type Part func(*Setup)

// Setup is a stage that is being put together.
type Setup struct {
	Env
	Ports pipeline.Ports
	wire  []func(aws.Config, *pipeline.Ports)
}

// Wire has f called if the environment is complete: it makes a client and fills in a port.
func (s *Setup) Wire(f func(aws.Config, *pipeline.Ports)) { s.wire = append(s.wire, f) }

// Stage puts the parts of a stage together, once per process. Which stage it is, is said by pick.
func Stage(pick func(pipeline.Ports) host.Handler, parts ...Part) lambda.Handler {
	limitMemory()
	s := &Setup{Ports: pipeline.Ports{Now: time.Now, Log: logging.OfStage(pipeline.StageReceives)}}
	for _, p := range parts {
		p(s)
	}
	c, err := awsenv.Config()
	s.Fault(err)
	if err := s.Err(); err != nil {
		return unfit(s.Ports.Log, err)
	}
	for _, f := range s.wire {
		f(c, &s.Ports)
	}
	return pick(s.Ports)
}

// unfit is the handler of a function whose environment is at fault.
func unfit(log *slog.Logger, err error) lambda.Handler {
	log.Error("the configuration is at fault", "error", err)
	return broken{host.Error("configuration: " + err.Error())}
}

type broken struct{ err error }

// Invoke implements lambda.Handler.
func (b broken) Invoke(context.Context, []byte) ([]byte, error) { return nil, b.err }
