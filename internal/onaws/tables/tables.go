// Package tables is the part of a stage that keeps reports.
//
// in → out: ALERT_MAP, REPORT_DATA, RETENTION_DAYS → the store over DynamoDB.
package tables

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/m-mizutani/AlertResponder/internal/onaws"
	"github.com/m-mizutani/AlertResponder/internal/pipeline"
	"github.com/m-mizutani/AlertResponder/internal/record"
	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
)

// Core is the part of who reads and writes the core tables.
func Core(s *onaws.Setup) {
	names := dynamo.Tables{AlertMap: s.Text("ALERT_MAP"), ReportData: s.Text("REPORT_DATA")}
	retention := s.Days("RETENTION_DAYS")
	if s.Err() == nil && retention < 24*time.Hour {
		s.Fault(errors.New("environment variable RETENTION_DAYS: 0, expected 1 or more"))
	}
	s.Ports.Rules.Retention = retention
	s.Wire(func(c aws.Config, p *pipeline.Ports) {
		p.Store = dynamo.New(dynamodb.NewFromConfig(c), names, retention).Lean(func() dynamo.Reducer { return record.Lean() })
	})
}
