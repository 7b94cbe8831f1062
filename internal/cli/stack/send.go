package stack

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/m-mizutani/AlertResponder/internal/bus"
	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
)

// send is the command line of send.
type send struct {
	target
	Topic  string `placeholder:"ARN" help:"The topic to publish to, if there is no --stack to ask for it."`
	Output string `short:"o" enum:"auto,text,json" default:"auto" placeholder:"text|json" help:"How to print: text (on a terminal), or json (otherwise)."`
	File   string `arg:"" optional:"" name:"file" help:"The message; - is standard input, also the default where something is piped in."`
}

// Help is the detailed help.
func (send) Help() string {
	return `The file is one message, at most 1 MiB of text. What is larger than the 256 KiB that a topic takes goes to the
stack's AlertQueue. The message's id is printed.

Examples:

    alertresponder send --stack alertresponder finding.json
    echo "disk full on host-7" | alertresponder send --stack alertresponder -
    alertresponder send --topic arn:aws:sns:eu-west-1:111122223333:alerts alert.json

Exit codes: 0 sent; 1 not sent; 2 bad usage.`
}

// Run is the command.
func (c *send) Run(ctx context.Context, con *console.Console) error {
	if c.Stack == "" && c.Topic == "" {
		return errNoStack
	}
	body, err := c.read(con)
	if err != nil {
		return err
	}
	cfg, err := c.config(ctx)
	if err != nil {
		return err
	}
	s := sender{
		resources: resources{cloudformation.NewFromConfig(cfg), c.Stack}, topic: c.Topic,
		topics: sns.NewFromConfig(cfg), queues: sqs.NewFromConfig(cfg),
	}
	r, err := s.send(ctx, body)
	if err != nil {
		return err
	}
	return c.print(con, r)
}

func (c *send) read(con *console.Console) (string, error) {
	var files []string
	if c.File != "" {
		files = []string{c.File}
	}
	files, err := con.Inputs(files)
	if err != nil {
		return "", err
	}
	data, err := con.Read(files[0])
	if err != nil {
		return "", err
	}
	if err := check(data); err != nil {
		return "", fmt.Errorf("%s: %w", console.Name(files[0]), err)
	}
	return string(data), nil
}

// check says what no topic and no queue would take.
func check(data []byte) error {
	switch {
	case len(data) == 0:
		return errors.New("is empty, expected a message")
	case len(data) > bus.MaxMessage:
		return fmt.Errorf("%d bytes, expected at most %d", len(data), bus.MaxMessage)
	case !utf8.Valid(data):
		return errors.New("is no UTF-8 text")
	}
	return nil
}

func (c *send) print(con *console.Console, r receipt) error {
	if !con.JSON(c.Output) {
		_, err := fmt.Fprintf(con.Out, "sent to %s\nmessage id %s\n", show.Plain(r.To, 300), con.Screen.Bold(show.Plain(r.MessageID, 100)))
		return err
	}
	line, err := show.JSON(r)
	if err == nil {
		_, err = con.Out.Write(line)
	}
	return err
}

// receipt is what came of a message.
type receipt struct {
	MessageID string `json:"message_id"`
	To        string `json:"to"` // the topic's ARN, or the queue's URL
}

type publisher interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

type queuer interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// sender sends to a topic, or what is too large for it to the queue behind it.
type sender struct {
	resources resources
	topic     string // its ARN; empty: the stack's
	topics    publisher
	queues    queuer
}

func (s sender) send(ctx context.Context, body string) (receipt, error) {
	if len(body) > bus.MaxNotification {
		return s.queue(ctx, body)
	}
	topic := s.topic
	if topic == "" {
		var err error
		if topic, err = s.resources.id(ctx, alertTopic); err != nil {
			return receipt{}, err
		}
	}
	out, err := s.topics.Publish(ctx, &sns.PublishInput{TopicArn: &topic, Message: &body})
	if err != nil {
		return receipt{}, fmt.Errorf("publish to %s: %w", topic, err)
	}
	return receipt{aws.ToString(out.MessageId), topic}, nil
}

func (s sender) queue(ctx context.Context, body string) (receipt, error) {
	if s.resources.stack == "" {
		return receipt{}, console.Usage(fmt.Errorf(
			"the message has %d bytes and a topic takes %d: give --stack, so that it goes to the queue", len(body), bus.MaxNotification))
	}
	url, err := s.resources.id(ctx, alertQueue)
	if err != nil {
		return receipt{}, err
	}
	out, err := s.queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body})
	if err != nil {
		return receipt{}, fmt.Errorf("send to %s: %w", url, err)
	}
	return receipt{aws.ToString(out.MessageId), url}, nil
}
