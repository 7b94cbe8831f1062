package store

import (
	"fmt"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
)

// maxSets bounds the members of an item's sets, in bytes: 400 KB (Amazon DynamoDB Developer Guide, Quotas: item
// size), less what else is in the row.
const maxSets = 400<<10 - 2<<10

// CheckItem says what is wrong with an item that cannot be stored. Seen is bounded by what a report hands out; who
// is awaited, and for what, is as large as there are inspectors and alerts.
func CheckItem(i protocol.Item) error {
	size := 0
	for _, set := range []protocol.Set{i.Pending, i.Late, i.Seen, i.Origins} {
		for _, member := range set {
			size += len(member)
		}
	}
	if size > maxSets {
		return fmt.Errorf("item of %.80s: %d bytes in its sets (%d tokens awaited, %d late), expected at most %d",
			i.ReportID, size, len(i.Pending), len(i.Late), maxSets)
	}
	return nil
}
