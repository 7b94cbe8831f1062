package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Limits of a body, in bytes.
const (
	MaxBody = 64 << 20 // of its data; what unpacks to more is taken for a bomb
	maxKey  = 1024     // Amazon DynamoDB Developer Guide, Quotas: length of sort key values
)

// Check says what is wrong with a body that cannot be stored.
func (b Body) Check() error {
	if len(b.Key) > maxKey || len(b.Key) < 3 || !strings.HasPrefix(b.Key, "A#") && !strings.HasPrefix(b.Key, "F#") {
		return fmt.Errorf("body key: %.80q, expected A#… or F#… of at most %d bytes", b.Key, maxKey)
	}
	if len(b.Data) > MaxBody {
		return fmt.Errorf("body %.80q: %d bytes, expected at most %d", b.Key, len(b.Data), MaxBody)
	}
	return nil
}

// Check says what is wrong with a verdict that cannot be stored.
func (v Verdict) Check() error {
	if len(v.Data) > MaxBody {
		return fmt.Errorf("verdict %d: %d bytes, expected at most %d", v.Ver, len(v.Data), MaxBody)
	}
	return nil
}

// SortSummaries brings a list into the order of Reader.Since; what was opened at the same time is sorted by id.
func SortSummaries(s []Summary) {
	slices.SortFunc(s, func(a, b Summary) int {
		return cmp.Or(cmp.Compare(b.OpenedAt, a.OpenedAt), strings.Compare(a.ReportID, b.ReportID))
	})
}
