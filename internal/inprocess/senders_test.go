package inprocess

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// senders write a message about the thing with this name, as it was so many minutes after the start.
var senders = map[string]func(name string, minute int, over bool) string{
	"guardduty": func(name string, minute int, over bool) string {
		return fmt.Sprintf(`{"schemaVersion":"2.0","accountId":"111122223333","region":"eu-west-1","id":%q,"type":"UnauthorizedAccess:EC2/SSHBruteForce",
			"severity":8,"title":"t","resource":{"instanceDetails":{"instanceId":"i-0123456789abcdef0"}},"service":{"archived":%t,"count":%d,"eventFirstSeen":%q,"eventLastSeen":%q}}`,
			name, over, minute, at(0), at(minute))
	},
	"securityhub": func(name string, minute int, over bool) string {
		return fmt.Sprintf(`{"SchemaVersion":"2018-10-08","Id":%q,"ProductArn":"arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default",
			"GeneratorId":"rule-1","AwsAccountId":"111122223333","Region":"eu-west-1","Title":"t","Severity":{"Label":"HIGH"},"RecordState":%q,"FirstObservedAt":%q,"LastObservedAt":%q}`,
			name, word(over, "ARCHIVED", "ACTIVE"), at(0), at(minute))
	},
	"ocsf": func(name string, minute int, over bool) string {
		return fmt.Sprintf(`{"class_uid":2004,"category_uid":2,"type_uid":200401,"activity_id":%s,"severity_id":4,"time":%d,"metadata":{"version":"1.4.0","product":{"name":"p"}},
			"finding_info":{"uid":%q,"title":"t","types":["x"]},"cloud":{"region":"eu-west-1","account":{"uid":"111122223333"}}}`,
			word(over, "3", "1"), start.Add(time.Duration(minute)*time.Minute).UnixMilli(), name)
	},
	"cloudwatch": func(name string, minute int, over bool) string {
		return fmt.Sprintf(`{"AlarmName":%q,"AlarmArn":"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:%s","AWSAccountId":"111122223333","NewStateValue":%q,
			"NewStateReason":"r","StateChangeTime":%q,"Trigger":{"MetricName":"m","Namespace":"n","Dimensions":[]}}`,
			name, name, word(over, "OK", "ALARM"), at(minute))
	},
	"alertmanager": func(name string, minute int, over bool) string {
		return fmt.Sprintf(`{"version":"4","groupKey":"{}","status":"firing","receiver":"r","alerts":[{"status":%q,"labels":{"alertname":"a","instance":%q},
			"annotations":{},"startsAt":%q,"endsAt":%q}]}`,
			word(over, "resolved", "firing"), name, at(minute), word(over, at(minute), "0001-01-01T00:00:00Z"))
	},
}

func at(minute int) string {
	return start.Add(time.Duration(minute) * time.Minute).Format(time.RFC3339)
}

func word(first bool, yes, no string) string {
	if first {
		return yes
	}
	return no
}

// What a sender says of one thing is one report, in whatever order it comes: fired, sent again, over, fired again. Another thing
// is another report; what is over and was never told opens none.
func TestOrderOfSenders(t *testing.T) {
	for source, message := range senders {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			all := []string{message("one", 1, false), message("one", 1, false), message("one", 2, false), message("one", 3, true), message("one", 4, false), message("two", 2, false)}
			for order := range permutations(len(all)) {
				var bodies []string
				for _, n := range order {
					bodies = append(bodies, all[n])
				}
				require.Equal(t, map[string]int{source: 2}, opened(t, bodies), order)
			}
			assert.Empty(t, opened(t, []string{message("one", 3, true)}))
			assert.Equal(t, map[string]int{source: 1}, opened(t, []string{message("one", 1, false), message("one", 3, true)}))
		})
	}
}

// opened counts the reports by the source of their first alert.
func opened(t *testing.T, bodies []string) map[string]int {
	t.Helper()
	p, err := New(Config{})
	require.NoError(t, err)
	for _, body := range bodies {
		require.NoError(t, p.Send(t.Context(), []byte(strings.TrimSpace(body))))
	}
	require.NoError(t, p.Settle(t.Context()))
	require.Empty(t, p.DeadLetters())
	reports, err := p.Reports(t.Context())
	require.NoError(t, err)
	out := map[string]int{}
	for _, r := range reports {
		out[r.Alert.Source]++
	}
	return out
}

// permutations gives the orders of n things.
func permutations(n int) func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		var next func(rest, chosen []int) bool
		next = func(rest, chosen []int) bool {
			if len(rest) == 0 {
				return yield(chosen)
			}
			for i := range rest {
				if !next(slices.Delete(slices.Clone(rest), i, i+1), append(slices.Clone(chosen), rest[i])) {
					return false
				}
			}
			return true
		}
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		next(all, nil)
	}
}
