package emitterstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

const boardKey = "b0ard-key-0123456789"

// board is a service of these tests: messages that can be edited, listed and replied to.
type board struct{ posts []*post }

type post struct {
	Report, Verdict, Text string
	Seq                   int64
	Replies               []string
}

// ServeHTTP implements http.Handler.
func (b *board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+boardKey {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var in struct {
		post
		Reply string
	}
	if r.Body != nil {
		_ = json.NewDecoder(r.Body).Decode(&in)
	}
	var n int
	at, _ := fmt.Sscanf(r.URL.Path, "/posts/%d", &n)
	switch {
	case r.Method == http.MethodGet:
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "posts": b.posts})
		return
	case at == 0:
		n = len(b.posts)
		b.posts = append(b.posts, &in.post)
	case in.Reply != "":
		b.posts[n].Replies = append(b.posts[n].Replies, in.Reply)
	default:
		in.post.Replies = b.posts[n].Replies
		b.posts[n] = &in.post
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "n": n})
}

func (b *board) shown() (list []Shown) {
	for _, p := range b.posts {
		list = append(list, Shown{Report: p.Report, Verdict: p.Verdict, Text: p.Text, Said: p.Replies})
	}
	return list
}

// poster is an emitter that writes on the board, and does as it should but for one flaw.
type poster struct {
	client *delivery.Client
	key    responder.Secret
	flaw   string
}

// The flaws, each something that an author may have overlooked.
const (
	anew       = "it posts always anew"
	forgetful  = "it gives no receipt"
	careless   = "it gives no receipt with an error"
	blind      = "it does not look after an interruption"
	sure       = "it does not look when in doubt"
	hasty      = "it gives up where the service is down"
	keyless    = "it gives up where the key is wrong"
	chatty     = "it tells the key in an error"
	gullible   = "it takes any 2xx for success"
	stubborn   = "it asks again and again"
	stale      = "it leaves the first verdict"
	repetitive = "it does not look for a reply"
	credulous  = "it takes a proxy's word"
)

var flaws = []string{anew, forgetful, careless, blind, sure, hasty, keyless, chatty, gullible, stubborn, stale, repetitive, credulous}

func newPoster(flaw string) func(delivery.Settings) (responder.Emitter, error) {
	return func(s delivery.Settings) (responder.Emitter, error) {
		c := &delivery.Client{Service: "board", BaseURL: "https://board.example", Transport: s.Transport,
			Authorize: delivery.Bearer(s.Key), Now: s.Now, Judge: judge}
		if flaw == credulous {
			c.Judge = nil
		}
		return &poster{c, s.Key, flaw}, nil
	}
}

// judge takes nothing for refused that is not refused by the board, which speaks JSON.
func judge(a delivery.Answer) error {
	if err := delivery.Usual(a); !errors.Is(err, delivery.ErrRefused) || json.Valid(a.Body) {
		return err
	}
	return fmt.Errorf("%w: it answered %d", delivery.ErrAnswer, a.Status)
}

// Emit implements responder.Emitter.
func (p *poster) Emit(ctx context.Context, r responder.Report, prev responder.Receipt) (responder.Receipt, error) {
	receipt := responder.Receipt{"n": prev["n"], "doubt": prev["doubt"], "verdict": prev["verdict"]}
	if p.flaw == anew {
		receipt = responder.Receipt{}
	}
	err := p.show(ctx, r, receipt)
	if delivery.InDoubt(err) && p.flaw != sure {
		receipt["doubt"] = "1"
	}
	switch {
	case p.flaw == forgetful, p.flaw == careless && err != nil:
		receipt = nil
	case p.flaw == hasty && errors.Is(err, delivery.ErrUnavailable), p.flaw == keyless && errors.Is(err, delivery.ErrKey):
		err = responder.Permanent(err)
	case p.flaw == chatty && err != nil:
		key, _ := p.key(ctx)
		err = fmt.Errorf("with %s: %w", key, err)
	}
	return receipt, err
}

func (p *poster) show(ctx context.Context, r responder.Report, receipt responder.Receipt) error {
	known, err := p.known(ctx, r, receipt)
	if err != nil {
		return err
	}
	out := post{Report: r.ReportID, Verdict: string(r.Result.Severity), Text: r.Result.Reason, Seq: r.Seq}
	if r.Status != responder.StatusPublished && receipt["verdict"] != "" { // a notice takes nothing away
		return nil
	}
	if receipt["n"] == "" {
		var n int
		if n, err = p.do(ctx, http.MethodPost, "/posts", out); err == nil {
			receipt["n"] = fmt.Sprint(n)
		}
	} else if p.flaw != stale {
		_, err = p.do(ctx, http.MethodPut, "/posts/"+receipt["n"], out)
	}
	if err != nil || r.Status != responder.StatusPublished {
		return err
	}
	receipt["verdict"] = out.Verdict
	said := fmt.Sprintf("%d: %s", r.Seq, out.Text)
	if known == nil || p.flaw == repetitive || !strings.Contains(strings.Join(known.Replies, "\n"), said) {
		_, err = p.do(ctx, http.MethodPut, "/posts/"+receipt["n"], map[string]string{"Reply": said})
	}
	if err == nil {
		receipt["doubt"] = ""
	}
	return err
}

// known looks for what there may be.
func (p *poster) known(ctx context.Context, r responder.Report, receipt responder.Receipt) (*post, error) {
	if receipt["doubt"] == "" && (p.flaw == blind || p.flaw == anew || !responder.Interrupted(ctx)) {
		return nil, nil
	}
	var out struct{ Posts []*post }
	if _, err := p.client.Do(ctx, http.MethodGet, "/posts", nil, &out); err != nil {
		return nil, err
	}
	for n, one := range out.Posts {
		if one.Report == r.ReportID {
			receipt["n"], receipt["verdict"] = fmt.Sprint(n), one.Verdict
			return one, nil
		}
	}
	return nil, nil
}

func (p *poster) do(ctx context.Context, method, path string, in any) (int, error) {
	var out struct {
		OK bool
		N  int
	}
	if p.flaw == gullible {
		a, err := p.client.Do(ctx, method, path, in, nil)
		_ = json.Unmarshal(a.Body, &out)
		return out.N, err
	}
	_, err := p.client.Do(ctx, method, path, in, &out)
	for tries := 0; p.flaw == stubborn && err != nil && tries < 30; tries++ {
		_, err = p.client.Do(ctx, method, path, in, &out)
	}
	return out.N, err
}

func boardCase(flaw string) Case {
	return Case{New: newPoster(flaw), Key: boardKey, Requests: 3, Service: func(*testing.T, func() time.Time) (http.Handler, func() []Shown) {
		b := &board{}
		return b, b.shown
	}}
}
