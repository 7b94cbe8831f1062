package securityhub

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/awslambda/awsapi"
)

// remembered is how long it is known that a finding was archived here: as long as GuardDuty keeps findings (User Guide,
// "Managing Amazon GuardDuty findings": 90 days).
const remembered = 90 * 24 * time.Hour

// Values in the memory.
var (
	archived = []byte("archived") // written before it is done, so that it is known also where the answer was lost
	restored = []byte("restored")
)

func (f finding) memoryKey() string { return ID + "#archived#" + f.mark() }

// putAway archives a finding, and remembers that it was done here.
func (t task) putAway(ctx context.Context, f finding, done map[string]string) error {
	if done[f.where()] == away {
		return nil
	}
	detector, is, err := t.archived(ctx, f)
	if err == nil && !is { // else people did, a suppression rule, or it was done here, and the memory has it
		if err = t.Memory.Store(ctx, f.memoryKey(), archived, t.Now().Add(remembered)); err == nil {
			err = t.change(ctx, f, "ArchiveFindings", detector, "archive")
		}
	}
	if err == nil || responder.IsPermanent(err) {
		done[f.where()] = away
	}
	return err
}

// unarchive takes a finding back that was archived here.
func (t task) unarchive(ctx context.Context, f finding, done map[string]string) error {
	if now := done[f.where()]; now == back || now == reset {
		return nil
	}
	entry, err := t.Memory.Load(ctx, f.memoryKey())
	now := back
	if err == nil && string(entry.Value) == string(archived) && t.Now().Before(entry.Expires) {
		now, err = t.takeBack(ctx, f)
	}
	if err == nil || responder.IsPermanent(err) {
		done[f.where()] = now
	}
	return err
}

// takeBack unarchives it, unless a person did: then it is a person's word, too, that it is NEW again.
func (t task) takeBack(ctx context.Context, f finding) (now string, err error) {
	detector, is, err := t.archived(ctx, f)
	if now = back; err == nil && is {
		now, err = reset, t.change(ctx, f, "UnarchiveFindings", detector, "unarchive")
	}
	if err != nil {
		return now, err
	}
	return now, t.Memory.Store(ctx, f.memoryKey(), restored, t.Now().Add(remembered))
}

func (t task) change(ctx context.Context, f finding, action, detector, verb string) error {
	return t.call(ctx, f, awsapi.GuardDuty(action, http.MethodPost, ids(f), "detector", detector, "findings", verb), nil)
}

func ids(f finding) any { return map[string][]string{"findingIds": {f.guardDutyID()}} }

// archived says whether a finding is archived, and the detector by which it may be changed. The administrator of other
// accounts knows their findings by a detector of its own, and is the only one that may archive them (API Reference,
// ArchiveFindings).
func (t task) archived(ctx context.Context, f finding) (string, bool, error) {
	detector, _ := f.guardDuty()
	is, err := t.look(ctx, f, detector)
	if !awsapi.Is(err, "BadRequestException", "InvalidInputException") { // as its Type says in the body
		return detector, is, err
	}
	var out struct {
		DetectorIDs []string `json:"detectorIds"`
	}
	if other := t.call(ctx, f, awsapi.GuardDuty("ListDetectors", http.MethodGet, nil, "detector"), &out); other != nil {
		return "", false, joined([]error{other, err})
	}
	if len(out.DetectorIDs) == 0 || out.DetectorIDs[0] == "" || slices.Contains(out.DetectorIDs, detector) {
		return "", false, err
	}
	is, err = t.look(ctx, f, out.DetectorIDs[0])
	return out.DetectorIDs[0], is, err
}

// look reads the finding (API Reference, GetFindings).
func (t task) look(ctx context.Context, f finding, detector string) (bool, error) {
	var out struct {
		Findings []struct {
			ID      string `json:"id"`
			Service struct {
				Archived bool `json:"archived"`
			} `json:"service"`
		} `json:"findings"`
	}
	if err := t.call(ctx, f, awsapi.GuardDuty("GetFindings", http.MethodPost, ids(f), "detector", detector, "findings", "get"), &out); err != nil {
		return false, err
	}
	for _, one := range out.Findings {
		if one.ID == f.guardDutyID() {
			return one.Service.Archived, nil
		}
	}
	return false, responder.Permanent(errors.New("guardduty:GetFindings: GuardDuty does not have the finding any more"))
}
