package securityhub

import (
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// The statuses of a finding (API Reference, Workflow) that are written here.
const (
	statusNew      = "NEW"
	statusNotified = "NOTIFIED"
	statusResolved = "RESOLVED"
)

// statusOf is what a verdict is in Security Hub.
func statusOf(s responder.Severity) string {
	switch s {
	case responder.Urgent:
		return statusNotified
	case responder.Safe:
		return statusResolved
	}
	return statusNew
}

// What internal/ingest knows our writes by (see internal/ingest/writeback, which a test compares).
const (
	author = "AlertResponder"
	field  = "AlertResponder"
)

// stored is a finding as Security Hub has it.
type stored struct {
	ID         string `json:"Id"`
	ProductArn string
	Account    string `json:"AwsAccountId"`
	Workflow   struct{ Status string }
	Note       struct{ Text, UpdatedBy string }
	Fields     map[string]string `json:"UserDefinedFields"`
}

// mayWrite says whether a finding may get a status: where it has the first one, or the one that was written here. NEW where
// something else was written is Security Hub's word that a finding is active again (API Reference, Workflow), or a
// person's that it is to be looked at: that may be told as urgent, and as nothing less.
func (s stored) mayWrite(want string) bool {
	was, now := s.Fields[field], s.Workflow.Status
	switch {
	case now == "SUPPRESSED": // which is never written here, whatever the field says
		return false
	case now == was:
		return true
	case was == "":
		return now == statusNew
	}
	return s.isReset() && want == statusNotified
}

// isReset says whether what was written here was taken back.
func (s stored) isReset() bool {
	was := s.Fields[field]
	return was != "" && was != statusNew && s.Workflow.Status == statusNew
}

// update is what BatchUpdateFindings takes (API Reference, BatchUpdateFindings).
type update struct {
	FindingIdentifiers []identifier
	Note               *noteUpdate `json:",omitempty"`
	Workflow           workflow
	UserDefinedFields  map[string]string
}

type (
	identifier struct {
		ID         string `json:"Id"`
		ProductArn string
	}
	noteUpdate struct{ Text, UpdatedBy string }
	workflow   struct{ Status string }
)

// update makes what is to be written, with the status also where it seems to be that one: an update before may be under way,
// since "it can take several minutes" (API Reference, BatchUpdateFindings). The fields of others are sent along: whether those that are sent are added to what is
// there, or replace it, is not documented.
func (s stored) update(status, text string) update {
	out := update{FindingIdentifiers: []identifier{{s.ID, s.ProductArn}}, Workflow: workflow{status}, UserDefinedFields: map[string]string{}}
	for name, value := range s.Fields {
		out.UserDefinedFields[name] = value
	}
	out.UserDefinedFields[field] = status
	if s.Note.Text == "" || s.Note.UpdatedBy == author {
		out.Note = &noteUpdate{text, author}
	}
	return out
}
