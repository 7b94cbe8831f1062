package slack

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
)

// DryRun answers as Slack does, and does nothing: each message that the emitter writes is taken, and nothing is found in a
// channel. With a key such as xoxb-dry-run, or https://hooks.slack.com/services/dry/run.
func DryRun() http.RoundTripper { return dryRun{} }

type dryRun struct{}

// RoundTrip implements http.RoundTripper.
func (dryRun) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		defer r.Body.Close()
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	text := "ok" // of a webhook
	switch path.Base(r.URL.Path) {
	case "chat.postMessage", "chat.update":
		text = taken(body)
	case "conversations.history", "conversations.replies":
		text = `{"ok": true, "messages": [], "has_more": false}`
	case "auth.test":
		text = `{"ok": true, "url": "https://example.slack.com/", "bot_id": "B0DRYRUN0", "user_id": "U0DRYRUN0"}`
	}
	return &http.Response{Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Body: io.NopCloser(bytes.NewBufferString(text)),
		ContentLength: int64(len(text)), Request: r}, nil
}

// taken answers to a message: the id is that of the message that is updated, or made of what is posted.
func taken(body []byte) string {
	var m message
	_ = json.Unmarshal(body, &m) // what cannot be read has no id
	sum := sha256.Sum256(body)
	n := binary.BigEndian.Uint32(sum[:])
	ts := cmp.Or(m.TS, fmt.Sprintf("17%08d.%06d", n%100_000_000, n%1_000_000))
	if !isID(m.Channel, conversations) {
		m.Channel = "C0DRYRUN00"
	}
	out, _ := json.Marshal(map[string]any{"ok": true, "channel": m.Channel, "ts": ts}) // strings always marshal
	return string(out)
}
