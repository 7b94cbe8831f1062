package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/lib/render/rendertest"
)

const (
	botToken  = "xoxb-0123-of-the-team-9fe8a1"
	hookURL   = "https://hooks.slack.com/services/T0000/B0000/of-the-team-5bc1"
	channelID = "C0SECURITY"
	botID     = "B0RESPONDER"
)

var start = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// fake is Slack so far as the emitter speaks to it, with state, written from docs.slack.dev: the pages of the methods
// chat.postMessage, chat.update, conversations.history, conversations.replies and auth.test ("Arguments", "Response",
// "Errors"), "Sending messages using incoming webhooks", "Rate limits", "Pagination", "Using message metadata". What a message
// may be is checked by rendertest.
type fake struct {
	t   tester
	now func() time.Time

	mu       sync.Mutex
	tokens   map[string]bool
	scopes   map[string]bool
	channels map[string]*fakeChannel
	posts    []*fakePost
	requests []string // method, or "webhook"
	mentions []string // that people were notified by, in the order of the messages
	limited  bool     // one message in a second, short bursts of three

	// before is asked first, with the number of the request from 1; true: it has answered.
	before func(n int, method string, w http.ResponseWriter) bool
	// lose says that the answer to a request that was done is lost.
	lose func(n int, method string) bool
}

type fakeChannel struct {
	name                    string
	archived, absent, thick bool // thick: replies cannot be written
	noEdits                 bool // the time for it is over
}

type fakePost struct {
	Channel     string          `json:"-"`
	Type        string          `json:"type"`
	TS          string          `json:"ts"`
	Thread      string          `json:"thread_ts,omitempty"`
	Bot         string          `json:"bot_id,omitempty"`
	User        string          `json:"user,omitempty"`
	Text        string          `json:"text"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	Attachments json.RawMessage `json:"attachments,omitempty"`
	broadcast   bool
	gone        bool
	updates     int
	body        string
}

// tester is a test, or a property.
type tester interface {
	require.TestingT
	Helper()
}

func newFake(t tester) *fake {
	return &fake{t: t, now: func() time.Time { return start }, tokens: map[string]bool{botToken: true},
		scopes:   map[string]bool{"chat:write": true, "channels:history": true},
		channels: map[string]*fakeChannel{channelID: {name: "#security"}, "C0OTHER": {name: "#other"}}}
}

// messages are those in the channel, without replies.
func (f *fake) messages() (out []*fakePost) {
	for _, p := range f.posts {
		if p.Thread == "" && !p.gone {
			out = append(out, p)
		}
	}
	return out
}

func (f *fake) replies() (out []*fakePost) {
	for _, p := range f.posts {
		if p.Thread != "" && !p.gone {
			out = append(out, p)
		}
	}
	return out
}

// only gives the one message that there is.
func (f *fake) only() *fakePost {
	f.t.Helper()
	m := f.messages()
	if !assert.Len(f.t, m, 1) {
		f.t.FailNow()
	}
	return m[0]
}

// RoundTrip implements http.RoundTripper: Slack without a network.
func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	if w.Code == lostAnswer {
		return nil, errors.New("read tcp: connection reset by peer")
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

const lostAnswer = 599

// ServeHTTP implements http.Handler.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	assert.True(f.t, strings.HasPrefix(r.UserAgent(), "AlertResponder/"))
	method := "webhook"
	if r.URL.Host == "slack.com" {
		method = strings.TrimPrefix(r.URL.Path, "/api/")
	}
	f.requests = append(f.requests, method)
	n := len(f.requests)
	if f.before != nil && f.before(n, method, w) {
		return
	}
	if f.lose != nil && f.lose(n, method) {
		f.answer(httptest.NewRecorder(), r, method)
		w.WriteHeader(lostAnswer)
		return
	}
	f.answer(w, r, method)
}

func (f *fake) answer(w http.ResponseWriter, r *http.Request, method string) {
	body, _ := io.ReadAll(r.Body)
	if method == "webhook" {
		f.hook(w, r, body)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if !f.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")] {
		f.fail(w, "invalid_auth")
		return
	}
	switch {
	case r.Method == http.MethodGet && method == "conversations.history":
		f.history(w, r.URL.Query())
	case r.Method == http.MethodGet && method == "conversations.replies":
		f.thread(w, r.URL.Query())
	case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json; charset=utf-8":
		f.t.Errorf("%s %s, %q", r.Method, method, r.Header.Get("Content-Type"))
		f.fail(w, "invalid_post_type")
	case method == "auth.test":
		f.ok(w, map[string]any{"url": "https://acme.slack.com/", "team": "Acme", "user": "responder", "team_id": "T0", "user_id": "U0RESPONDER", "bot_id": botID})
	case !f.scopes["chat:write"]:
		f.fail(w, "missing_scope")
	case method == "chat.postMessage":
		f.post(w, body)
	case method == "chat.update":
		f.update(w, body)
	default:
		f.fail(w, "unknown_method")
	}
}

// check validates what Slack would take, and that it does nothing with it but what is meant.
func (f *fake) check(body []byte) (string, bool) {
	faults := rendertest.SlackFaults(body)
	markup, wrong := rendertest.SlackMarkup(body)
	for _, m := range markup {
		if strings.HasPrefix(m, "<") && !strings.HasPrefix(m, "<https://") {
			f.mentions = append(f.mentions, m)
		}
	}
	if !assert.Empty(f.t, append(faults, wrong...), string(body)) {
		return "invalid_blocks", false
	}
	return "", true
}

func (f *fake) hook(w http.ResponseWriter, r *http.Request, body []byte) {
	if r.URL.String() != hookURL || r.Header.Get("Authorization") != "" {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte("no_service"))
		return
	}
	if code, ok := f.check(body); !ok {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(code))
		return
	}
	var in map[string]json.RawMessage
	assert.NoError(f.t, json.Unmarshal(body, &in))
	for name := range in {
		assert.Contains(f.t, []string{"text", "attachments", "unfurl_links", "unfurl_media"}, name)
	}
	f.add(&fakePost{Channel: channelID, Text: text(in["text"]), body: string(body)})
	_, _ = w.Write([]byte("ok"))
}

func text(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s)
	return s
}

func (f *fake) add(p *fakePost) {
	p.Type, p.Bot, p.TS = "message", botID, fmt.Sprintf("%d.%06d", f.now().Unix(), len(f.posts)+100)
	f.posts = append(f.posts, p)
}

// post is chat.postMessage.
func (f *fake) post(w http.ResponseWriter, body []byte) {
	if f.limited && f.posted() >= 3 {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		f.fail(w, "ratelimited")
		return
	}
	in, ok := f.read(w, body)
	if !ok {
		return
	}
	id, c := f.channel(in.Channel)
	switch {
	case c == nil || c.absent:
		f.fail(w, "channel_not_found")
	case c.archived:
		f.fail(w, "is_archived")
	case in.Thread != "" && c.thick:
		f.fail(w, "restricted_action_thread_locked")
	case in.Thread != "" && (f.find(id, in.Thread) == nil || f.find(id, in.Thread).Thread != ""):
		f.fail(w, "thread_not_found")
	default:
		if !assert.Empty(f.t, in.TS) {
			return
		}
		before := len(f.mentions)
		if code, ok := f.check(body); !ok {
			f.fail(w, code)
			return
		}
		if in.Broadcast {
			assert.NotEmpty(f.t, in.Thread)
		} else if in.Thread != "" {
			assert.NotContains(f.t, f.mentions[before:], "<!here>", "it would reach nobody")
		}
		p := &fakePost{Channel: id, Thread: in.Thread, Text: in.Text, Metadata: in.Metadata, Attachments: in.Attachments, broadcast: in.Broadcast, body: string(body)}
		f.add(p)
		f.ok(w, map[string]any{"channel": id, "ts": p.TS, "message": p})
	}
}

func (f *fake) posted() (n int) {
	for _, p := range f.posts {
		if strings.HasPrefix(p.TS, strconv.FormatInt(f.now().Unix(), 10)) {
			n++
		}
	}
	return n
}

// update is chat.update.
func (f *fake) update(w http.ResponseWriter, body []byte) {
	in, ok := f.read(w, body)
	if !ok {
		return
	}
	c, p := f.channels[in.Channel], f.find(in.Channel, in.TS) // not by name
	switch {
	case c == nil || c.absent:
		f.fail(w, "channel_not_found")
	case c.archived:
		f.fail(w, "is_inactive")
	case p == nil:
		f.fail(w, "message_not_found")
	case p.Bot != botID:
		f.fail(w, "cant_update_message")
	case c.noEdits:
		f.fail(w, "edit_window_closed")
	default:
		before := len(f.mentions)
		if code, ok := f.check(body); !ok {
			f.fail(w, code)
			return
		}
		assert.Empty(f.t, f.mentions[before:], "an update notifies nobody")
		p.Text, p.body = in.Text, string(body)
		if in.Attachments != nil {
			p.Attachments = in.Attachments
		}
		if in.Metadata != nil {
			p.Metadata = in.Metadata
		}
		p.updates++
		f.ok(w, map[string]any{"channel": in.Channel, "ts": p.TS, "text": p.Text, "message": p})
	}
}

type fakeInput struct {
	Channel     string          `json:"channel"`
	TS          string          `json:"ts"`
	Thread      string          `json:"thread_ts"`
	Broadcast   bool            `json:"reply_broadcast"`
	Parse       string          `json:"parse"`
	Unfurl      *bool           `json:"unfurl_links"`
	Media       *bool           `json:"unfurl_media"`
	Text        string          `json:"text"`
	Attachments json.RawMessage `json:"attachments"`
	Metadata    json.RawMessage `json:"metadata"`
}

// read decodes a request. Unknown arguments are told, since Slack would overlook them.
func (f *fake) read(w http.ResponseWriter, body []byte) (in fakeInput, ok bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if !assert.NoError(f.t, d.Decode(&in)) {
		f.fail(w, "invalid_arguments")
		return in, false
	}
	assert.Equal(f.t, "none", in.Parse)
	var m struct {
		Type    string         `json:"event_type"`
		Payload map[string]any `json:"event_payload"`
	}
	if in.Metadata != nil && (json.Unmarshal(in.Metadata, &m) != nil || strings.Trim(m.Type, "abcdefghijklmnopqrstuvwxyz_") != "" || m.Payload == nil) {
		f.t.Errorf("metadata: %s", in.Metadata)
		f.fail(w, "invalid_metadata_schema")
		return in, false
	}
	return in, true
}

func (f *fake) channel(idOrName string) (string, *fakeChannel) {
	for id, c := range f.channels {
		if id == idOrName || c.name == idOrName {
			return id, c
		}
	}
	return "", nil
}

func (f *fake) find(channel, ts string) *fakePost {
	i := slices.IndexFunc(f.posts, func(p *fakePost) bool { return p.Channel == channel && p.TS == ts && !p.gone })
	if i < 0 {
		return nil
	}
	return f.posts[i]
}

func (f *fake) ok(w io.Writer, out map[string]any) {
	out["ok"] = true
	_ = json.NewEncoder(w).Encode(out)
}

func (f *fake) fail(w io.Writer, code string) {
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error": code})
}
