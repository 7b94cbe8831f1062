package slack

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// history is conversations.history: the latest first, with replies that were also sent to the channel.
func (f *fake) history(w http.ResponseWriter, q url.Values) {
	oldest, _ := strconv.ParseFloat(q.Get("oldest"), 64)
	var list []*fakePost
	for _, p := range slices.Backward(f.posts) {
		at, _ := strconv.ParseFloat(p.TS, 64)
		if p.Channel == q.Get("channel") && !p.gone && (p.Thread == "" || p.broadcast) && at > oldest {
			list = append(list, p)
		}
	}
	f.list(w, q, list)
}

// thread is conversations.replies: the message, and its replies.
func (f *fake) thread(w http.ResponseWriter, q url.Values) {
	if f.scopes["channels:history"] && f.find(q.Get("channel"), q.Get("ts")) == nil {
		f.fail(w, "thread_not_found")
		return
	}
	var list []*fakePost
	for _, p := range f.posts {
		if p.Channel == q.Get("channel") && !p.gone && (p.TS == q.Get("ts") || p.Thread == q.Get("ts") && p.TS > q.Get("oldest")) {
			list = append(list, p)
		}
	}
	f.list(w, q, list)
}

func (f *fake) list(w http.ResponseWriter, q url.Values, list []*fakePost) {
	if !f.scopes["channels:history"] {
		f.fail(w, "missing_scope")
		return
	}
	if f.channels[q.Get("channel")] == nil {
		f.fail(w, "channel_not_found")
		return
	}
	from, _ := strconv.Atoi(q.Get("cursor"))
	limit, _ := strconv.Atoi(q.Get("limit"))
	end := min(from+limit, len(list))
	out := make([]fakePost, 0, limit)
	for _, p := range list[min(from, end):end] {
		if one := *p; q.Get("include_all_metadata") == "true" {
			out = append(out, one)
		}
	}
	next := ""
	if end < len(list) {
		next = strconv.Itoa(end)
	}
	f.ok(w, map[string]any{"messages": out, "has_more": next != "", "response_metadata": map[string]string{"next_cursor": next}})
}
