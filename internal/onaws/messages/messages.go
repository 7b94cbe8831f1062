// Package messages is the part of a stage that sends: its topics and queues.
//
// in → out: the variables of the topics and queues that a stage sends to → the ports to them, over SNS and SQS.
package messages

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/bus/awsbus"
	"github.com/m-mizutani/AlertResponder/internal/bus/awsbus/visibility"
	"github.com/m-mizutani/AlertResponder/internal/onaws"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
)

// variables name topics and queues.
var variables = map[string]string{
	bus.TaskNotification:   "TASK_TOPIC_ARN",
	bus.ReportNotification: "REPORT_TOPIC_ARN",
	bus.AlertQueue:         "ALERT_QUEUE_URL",
	bus.InspectionQueue:    "INSPECTION_QUEUE_URL",
	bus.SubmissionQueue:    "SUBMISSION_QUEUE_URL",
	bus.ReviewQueue:        "REVIEW_QUEUE_URL",
}

// To is the part of who sends to these topics and queues, and postpones messages in its own queue.
func To(topics, queues []string) onaws.Part {
	return func(s *onaws.Setup) {
		names := awsbus.Names{Topics: addresses(s, topics), Queues: addresses(s, queues)}
		s.Wire(func(c aws.Config, p *pipeline.Ports) {
			client := sqs.NewFromConfig(c)
			p.Bus = awsbus.New(sns.NewFromConfig(c), client, names)
			p.Postpone = visibility.Postponer{Client: client}
		})
	}
}

func addresses(s *onaws.Setup, names []string) map[string]string {
	m := map[string]string{}
	for _, name := range names {
		m[name] = s.Text(variables[name])
	}
	return m
}
