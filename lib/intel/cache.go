package intel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// MaxKept is the size in bytes of the largest answer that is remembered, as out writes it. What is larger is asked for each
// time that a task comes again.
const MaxKept = 64 << 10

// remembered is an answer in the Memory: what was decoded of it, and nothing else that the service sent.
type remembered struct {
	Found bool            `json:"found"`
	At    time.Time       `json:"at"`
	Out   json.RawMessage `json:"out,omitempty"`
}

// key of a request's answer: <service>#answer#<hash>.
func (c *Client) key(q request, out any) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s %s%s\n%s\n%T", q.method, c.base(), q.path, q.body, out))
	return c.Service + "#answer#" + hex.EncodeToString(h[:16])
}

// recall gives a remembered answer. One that cannot be read is none: the service is asked.
func (c *Client) recall(ctx context.Context, key string, out any, now time.Time) (found, ok bool) {
	if c.Keep == nil {
		return false, false
	}
	e, err := c.mem.Load(ctx, key)
	if err != nil || e.Ver == 0 || !now.Before(e.Expires) {
		return false, false
	}
	var r remembered
	if json.Unmarshal(e.Value, &r) != nil {
		return false, false
	}
	if r.Found && out != nil && decode(r.Out, out) != nil {
		return false, false
	}
	return r.Found, true
}

// remember keeps an answer, found or that there is nothing. Where that fails, it is asked for again.
func (c *Client) remember(ctx context.Context, key, path string, out any, found bool, now time.Time) {
	if c.Keep == nil {
		return
	}
	ttl := c.Keep(path, found)
	if ttl <= 0 {
		return
	}
	r := remembered{Found: found, At: now}
	var err error
	if found && out != nil {
		if r.Out, err = json.Marshal(out); err != nil {
			return
		}
	}
	if value, err := json.Marshal(r); err == nil && len(r.Out) <= MaxKept {
		_ = c.mem.Store(ctx, key, value, now.Add(ttl))
	}
}
