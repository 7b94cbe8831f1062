package securityhub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

const (
	patience  = 2 * time.Hour   // how long a finding may take to Security Hub
	again     = 5 * time.Minute // when it is looked for again: a message is received 50 times at most
	mended    = 5 * time.Minute // when somebody may have mended what is wrong
	maxFields = 50              // of a finding (API Reference, AwsSecurityFinding, UserDefinedFields)
)

var errAbsent = errors.New("securityhub:GetFindings: the finding is not there")

// write writes the verdict to a finding in Security Hub, if it is not somebody else's.
func (t task) write(ctx context.Context, f finding, done map[string]string) error {
	s, err := t.read(ctx, f)
	if err != nil {
		return err
	}
	delete(done, f.written())
	isReset := s.isReset()
	if !s.mayWrite(t.status) && !(isReset && done[f.where()] == reset) {
		done[f.written()] = theirs
		return nil
	}
	in := s.update(t.status, t.note)
	if len(in.UserDefinedFields) > maxFields {
		return responder.Permanent(errors.New("securityhub:BatchUpdateFindings: the finding has no room for another user-defined field"))
	}
	var out struct {
		ProcessedFindings   []identifier
		UnprocessedFindings []struct{ ErrorCode string }
	}
	if err := t.call(ctx, f, awsapi.SecurityHub("BatchUpdateFindings", http.MethodPatch, in, "findings", "batchupdate"), &out); err != nil {
		return err
	}
	if len(out.UnprocessedFindings) > 0 {
		return t.unprocessed(out.UnprocessedFindings[0].ErrorCode)
	}
	if len(out.ProcessedFindings) == 0 {
		return errors.New("securityhub:BatchUpdateFindings: an answer that says of no finding that it was updated")
	}
	if isReset && done[f.where()] == reset {
		done[f.where()] = back
	}
	return nil
}

// read gives the finding as Security Hub has it.
func (t task) read(ctx context.Context, f finding) (stored, error) {
	type is struct{ Value, Comparison string }
	in := map[string]any{"MaxResults": 10, "Filters": map[string]any{"Id": []is{{f.ID, "EQUALS"}}, "ProductArn": []is{{f.Product, "EQUALS"}}}}
	var out struct{ Findings []stored }
	if err := t.call(ctx, f, awsapi.SecurityHub("GetFindings", http.MethodPost, in, "findings"), &out); err != nil {
		return stored{}, err
	}
	var found *stored
	for _, s := range out.Findings {
		switch {
		case s.ID != f.ID || s.ProductArn != f.Product:
		case s.Account != f.Account: // an update names no account, and would meet both
			return stored{}, responder.Permanent(errors.New("securityhub:GetFindings: another account has a finding of the same id"))
		default:
			found = &s
		}
	}
	if found == nil {
		return stored{}, t.absent()
	}
	return *found, nil
}

// absent is the error for a finding that is not there: it may be on its way (Amazon GuardDuty User Guide, "Latency for sending
// new findings" and "Retrying when Security Hub CSPM is not available"), but not for ever.
func (t task) absent() error {
	if since := t.report.OpenedAt; since.IsZero() || t.Now().Sub(since.Time) < patience {
		return responder.RetryAfter(errAbsent, again)
	}
	return responder.Permanent(fmt.Errorf("%w, %s after the report was opened: it is of an account that this one does not administer, or is not sent there", errAbsent, patience))
}

// unprocessed is the error of a finding that was not updated (API Reference, BatchUpdateFindingsUnprocessedFinding).
func (t task) unprocessed(code string) error {
	err := fmt.Errorf("securityhub:BatchUpdateFindings: %.60q", code)
	switch code {
	case "FindingNotFound":
		return t.absent()
	case "FindingSizeExceeded", "InvalidInput", "DuplicatedFindingIdentifier":
		return responder.Permanent(err)
	}
	return responder.RetryAfter(err, again) // ConcurrentUpdateError, InternalFailure, and what is not documented
}

// call makes a call in the finding's Region.
func (t task) call(ctx context.Context, f finding, c awsapi.Call, out any) error {
	if awsapi.Partition(f.Region) != awsapi.Partition(t.cfg.Region) {
		return responder.Permanent(fmt.Errorf("%s: a finding of Region %.30q, which credentials of %s do not reach", c.Name(), f.Region, t.cfg.Region))
	}
	err := awsapi.Client{Config: t.cfg, Region: f.Region}.Do(ctx, c, out)
	switch {
	case err == nil:
		return nil
	case awsapi.Denied(err):
		return responder.RetryAfter(err, mended)
	case awsapi.Rejected(err), awsapi.Nowhere(err), awsapi.NotFound(err):
		return responder.Permanent(fmt.Errorf("%w, in %s", err, f.Region))
	}
	return err
}

// joined is one error of several: permanent where all are.
func joined(errs []error) error {
	var passing, lasting []error
	for _, err := range errs {
		switch {
		case err == nil:
		case responder.IsPermanent(err):
			lasting = append(lasting, err)
		default:
			passing = append(passing, err)
		}
	}
	if len(passing) > 0 && len(lasting) > 0 {
		return fmt.Errorf("%w; and %v", errors.Join(passing...), errors.Join(lasting...))
	}
	return errors.Join(append(passing, lasting...)...)
}
