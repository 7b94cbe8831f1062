package intel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// remembered is an answer in the Memory: what was decoded of it, and nothing else that the service sent.
type remembered struct {
	Found bool            `json:"found"`
	At    time.Time       `json:"at"`
	Out   json.RawMessage `json:"out,omitempty"`
}

// key of a request's answer: <service>#answer#<hash>.
func (c *Client) key(q request) string {
	h := sha256.Sum256([]byte(q.method + " " + q.path + "\n" + q.body))
	return c.Service + "#answer#" + hex.EncodeToString(h[:16])
}

// recall gives a remembered answer. One that cannot be read is none: the service is asked.
func (c *Client) recall(ctx context.Context, q request, out any, now time.Time) (found, ok bool) {
	if c.Keep == nil {
		return false, false
	}
	e, err := c.mem.Load(ctx, c.key(q))
	if err != nil || e.Ver == 0 || !now.Before(e.Expires) {
		return false, false
	}
	var r remembered
	if json.Unmarshal(e.Value, &r) != nil {
		return false, false
	}
	if r.Found && out != nil && json.Unmarshal(r.Out, out) != nil {
		return false, false
	}
	return r.Found, true
}

// remember keeps an answer. Where that fails, it is asked for again.
func (c *Client) remember(ctx context.Context, q request, out any, found bool, now time.Time) {
	if c.Keep == nil {
		return
	}
	ttl := c.Keep(q.path, found)
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
	if value, err := json.Marshal(r); err == nil {
		_ = c.mem.Store(ctx, c.key(q), value, now.Add(ttl))
	}
}
