package dynamo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/guregu/dynamo/v2"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// byDay is the index of the verdicts.
const byDay = "ByDay"

// Latest implements store.Reader.
func (s *Store) Latest(ctx context.Context, reportID string) (store.Verdict, bool, error) {
	latest := int64(-1)
	in := keysOnly(startingWith(s.tables.ReportData, reportID, verdictKey))
	err := s.query(ctx, in, func(r dataRow) { latest = max(latest, verOf(r.SK)) }) // as text, V#10 is before V#9
	if err != nil {
		return store.Verdict{}, false, fmt.Errorf("verdicts of %s: %w", reportID, err)
	}
	if latest < 0 {
		return store.Verdict{}, false, nil
	}
	return s.getVerdict(ctx, reportID, latest)
}

// Since implements store.Reader: one query per UTC day, up to that of now. An index is a moment behind.
func (s *Store) Since(ctx context.Context, from, now time.Time) ([]store.Summary, error) {
	if oldest := now.Add(-s.retention - 48*time.Hour); from.Before(oldest) {
		from = oldest // what is older has expired
	}
	found := map[string]store.Summary{}
	first := from.UTC().Truncate(24 * time.Hour)
	for d := now.UTC().Truncate(24 * time.Hour); !d.Before(first); d = d.AddDate(0, 0, -1) {
		err := pages(ctx, s.client, s.opened(d, from), func(r verdictRow) {
			if sum := r.summary(); found[r.ReportID].Ver <= sum.Ver {
				found[r.ReportID] = sum
			}
		})
		if err != nil {
			return nil, fmt.Errorf("reports of %s: %w", d.Format(time.DateOnly), err)
		}
	}
	out := slices.Collect(maps.Values(found))
	store.SortSummaries(out)
	return out, nil
}

func (s *Store) opened(d, from time.Time) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName:                &s.tables.ReportData,
		IndexName:                aws.String(byDay),
		KeyConditionExpression:   aws.String("#d = :d AND #o >= :o"),
		ExpressionAttributeNames: map[string]string{"#d": "day", "#o": "opened_at"},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":d": &types.AttributeValueMemberS{Value: d.Format(time.DateOnly)},
			":o": &types.AttributeValueMemberN{Value: strconv.FormatInt(from.UnixMilli(), 10)},
		},
	}
}

func (r verdictRow) summary() store.Summary {
	return store.Summary{
		ReportID: r.ReportID, Ver: verOf(r.SK), OpenedAt: r.OpenedAt,
		Severity: responder.Severity(r.Severity), Title: r.Title,
	}
}

// Forget implements store.Reader. The item goes first, then bodies and verdicts, their chunks last, so that
// after a crash nothing is left that cannot be read, and the same call ends the work.
func (s *Store) Forget(ctx context.Context, reportID string) error {
	fingerprint, _, err := protocol.ParseReportID(reportID)
	if err != nil {
		return fmt.Errorf("forget: %w", err)
	}
	err = s.alertMap().Delete("fingerprint", fingerprint).If("report_id = ?", reportID).Run(ctx)
	if err != nil && !dynamo.IsCondCheckFailed(err) {
		return fmt.Errorf("forget %s: %w", reportID, err)
	}
	var heads, chunks []dynamo.Keyed
	err = s.query(ctx, keysOnly(upTo(s.tables.ReportData, reportID, lastKey)), func(r dataRow) {
		if strings.HasPrefix(r.SK, bodyChunk) || strings.HasPrefix(r.SK, verdictChunk) {
			chunks = append(chunks, dynamo.Keys{r.ReportID, r.SK})
		} else {
			heads = append(heads, dynamo.Keys{r.ReportID, r.SK})
		}
	})
	for _, keys := range [][]dynamo.Keyed{heads, chunks} {
		if err == nil && len(keys) > 0 {
			_, err = s.reportData().Batch("report_id", "sk").Write().Delete(keys...).Run(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("forget %s: %w", reportID, err)
	}
	return nil
}
