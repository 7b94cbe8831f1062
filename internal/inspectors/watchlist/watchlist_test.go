package watchlist

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

const md5, sha1 = "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709"

func lists() map[string]string {
	return map[string]string{
		"lists/botnets.txt": "\ufeff# scanners\r\n198.51.100.0/24  # seen in May\r\n2001:db8::/32\r\n192.0.2.66\r\n203.0.113.5-203.0.113.9\r\n",
		"lists/names.txt":   "evil.example\n*.Wild.example.\n.dotted.example\nhxxps://evil[.]example/a?b=1#c\nMallory@Evil.example\n" + strings.ToUpper(md5) + "\nmallory\nm.smith\n",
		"allow-corp.txt":    "10.0.0.0/8\ngood.evil.example\ncorp.example\n198.51.100.77\n",
		"suspicious.txt.gz": "",
		"mixed.csv": "Comment,Indicator,Type,VERDICT,score,source,valid_until,seen_at,extra\n" +
			"\"a, b \"\"c\"\"\",10.1.2.3,ip,block,99.5,ISAC,,2026-05-01,x\n" +
			"expired,192.0.2.1,,,,,2026-05-03,\n" + "until today,192.0.2.2,,,,,2026-05-04,\n" +
			"login,root,username,suspicious,,,,\n" + "key,AKIAIOSFODNN7EXAMPLE,accesskey,,,,,\n" +
			"known,192.0.2.9,ipv4,unknown,,,,\n" + sha1 + "," + sha1 + ",SHA-1,,,,,\n" + "short\n",
	}
}

func TestLookUps(t *testing.T) {
	s := newShelf(lists())
	s.lists["suspicious.txt.gz"] = packed(t, "203.0.113.200\nevil.example\n")
	w := s.inspector(t)
	for _, c := range []struct{ kind, value, want string }{
		{"ipaddr", "198.51.100.23", "malicious botnets"},
		{"ipaddr", "198.51.101.23", ""},
		{"ipaddr", "::ffff:198.51.100.23", "malicious botnets"},
		{"ipaddr", "198.51.100.77", "harmless allow-corp"}, // the address is more specific than the network
		{"ipaddr", "2001:DB8:0:0::7", "malicious botnets"},
		{"ipaddr", "2001:db9::7", ""},
		{"ipaddr", "198.51.100.128/25", "malicious botnets"},
		{"ipaddr", "198.51.100.0/23", ""},
		{"ipaddr", "203.0.113.4", ""},
		{"ipaddr", "203.0.113.5", "malicious botnets"},
		{"ipaddr", "203.0.113.9", "malicious botnets"},
		{"ipaddr", "203.0.113.10", ""},
		{"ipaddr", "203.0.113.200", "suspicious suspicious"},
		{"ipaddr", "10.9.9.9", "harmless allow-corp"},
		{"ipaddr", "10.1.2.3", "malicious ISAC"},
		{"ipaddr", "192.0.2.1", ""},
		{"ipaddr", "192.0.2.2", "malicious mixed"},
		{"ipaddr", "192.0.2.9", "unknown mixed"},
		{"ipaddr", "not an address", ""},
		{"domain", "Evil.Example.", "malicious names, suspicious suspicious"},
		{"domain", "a.b.evil.example", "malicious names, suspicious suspicious"},
		{"domain", "x.good.evil.example", "harmless allow-corp"},
		{"domain", "notevil.example", ""},
		{"domain", "example", ""},
		{"domain", "wild.example", "malicious names"},
		{"domain", "a.dotted.example", "malicious names"},
		{"domain", "192.0.2.66", "malicious botnets"},
		{"url", "https://evil.example/a?b=1", "malicious names, suspicious suspicious"},
		{"url", "https://corp.example@evil.example:443/a?b=1#x", "malicious names, suspicious suspicious"},
		{"url", "https://evil.example/other", "malicious names, suspicious suspicious"},
		{"url", "https://good.evil.example/", "harmless allow-corp"},
		{"url", "http://198.51.100.23:8080/x", "malicious botnets"},
		{"url", "http://[2001:db8::7]/x", "malicious botnets"},
		{"url", "/relative", ""},
		{"email", "mallory@evil.example", "malicious names, suspicious suspicious"},
		{"email", "bob@EVIL.example", "malicious names, suspicious suspicious"},
		{"email", "bob@other.example", ""},
		{"filehash", md5, "malicious names"},
		{"filehash", strings.ToUpper(sha1), "malicious mixed"},
		{"username", "mallory", "malicious names"},
		{"username", "M.Smith", "malicious names"},
		{"username", "Mallory", ""},
		{"username", "root", "suspicious mixed"},
		{"bucket", "root", ""},
		{"bucket", "mallory", "malicious names"},
		{"accesskey", "AKIAIOSFODNN7EXAMPLE", "malicious mixed"},
		{"instance", "AKIAIOSFODNN7EXAMPLE", ""},
		{"printer", "192.0.2.66", "malicious botnets"},
		{"srcip", "10.2.3.4", "harmless allow-corp"},
		{"username", "192.0.2.66", "malicious botnets"},
		{"username", "10.2.3.4", ""}, // whatever it is, it is not in that network
		{"json", "{}", ""},
	} {
		assert.Equal(t, c.want, says(ask(t, w, c.kind, c.value)), "%s %s", c.kind, c.value)
	}
	assert.Empty(t, w.lists.held.broken)
	assert.Contains(t, s.log.String(), `"faults":1`, "the record without an indicator")
	assert.Contains(t, s.log.String(), `mixed.csv:9: indicator: empty`)
}

func TestPage(t *testing.T) {
	w := newShelf(lists()).inspector(t)
	assert.Equal(t, responder.Page{
		Title: "Watchlist",
		Signals: []responder.Signal{{Kind: "watchlist", Verdict: responder.Malicious, Score: 90, Source: "botnets",
			Summary: `198.51.100.23 is in 198.51.100.0/24 on the list "botnets": seen in May`}},
		OpponentHosts: []responder.OpponentHost{{ID: "198.51.100.23", IPAddr: []string{"198.51.100.23"}}},
	}, ask(t, w, "ipaddr", "198.51.100.23"))
	assert.Equal(t, responder.Page{
		Title: "Watchlist",
		Signals: []responder.Signal{{Kind: "watchlist", Verdict: responder.Malicious, Score: 99.5, Source: "ISAC",
			Summary: `10.1.2.3 is on the list "mixed": a, b "c"`, SeenAt: responder.At(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))}},
		OpponentHosts: []responder.OpponentHost{{ID: "10.1.2.3", IPAddr: []string{"10.1.2.3"}}},
	}, ask(t, w, "ipaddr", "10.1.2.3"))
	assert.Empty(t, ask(t, w, "ipaddr", "10.9.9.9").OpponentHosts, "it is harmless")
	task := taskOf("ipaddr", "198.51.100.23")
	task.Attribute.Context = []string{"local"}
	page, err := w.Inspect(t.Context(), task)
	require.NoError(t, err)
	assert.Empty(t, page.OpponentHosts, "it is not remote")

	for value, want := range map[string]string{
		"203.0.113.7":                `203.0.113.7 is in 203.0.113.5-203.0.113.9 on the list "botnets"`,
		"192.0.2.66":                 `192.0.2.66 is on the list "botnets"`,
		"a.evil.example":             `a.evil.example is under evil.example on the list "names"`,
		"evil.example":               `evil.example is on the list "names"`,
		"https://198.51.100.23/x":    `https://198.51.100.23/x: its host 198.51.100.23 is in 198.51.100.0/24 on the list "botnets": seen in May`,
		"bob@x.evil.example":         `bob@x.evil.example: its domain x.evil.example is under evil.example on the list "names"`,
		"https://evil.example/a?b=1": `https://evil.example/a?b=1 is on the list "names"`,
	} {
		kind := "ipaddr"
		switch {
		case strings.Contains(value, "://"):
			kind = "url"
		case strings.Contains(value, "@"):
			kind = "email"
		case strings.Contains(value, "evil"):
			kind = "domain"
		}
		assert.Equal(t, want, ask(t, w, kind, value).Signals[0].Summary)
	}
}

func TestContract(t *testing.T) {
	s := newShelf(lists())
	respondertest.TestInspector(t, s.inspector(t))
	s = newShelf(map[string]string{"all.txt": "0.0.0.0/0\n::/0\nexample\nexample.com\nexample.org\nroot\n", "broken.txt": "\x00\x01"})
	respondertest.TestInspector(t, s.inspector(t))
}

func TestWhoWins(t *testing.T) {
	found := func(ms ...match) string {
		var out []string
		for _, m := range perList(winners(ms)) {
			out = append(out, string(m.verdict)+" "+m.list.name)
		}
		return strings.Join(out, ", ")
	}
	m := func(v responder.SignalVerdict, rank int, name *list) match {
		return match{item: &item{meta: &meta{list: name, verdict: v, score: defaultScore(v)}}, rank: rank}
	}
	a, b, c := &list{name: "a"}, &list{name: "b"}, &list{name: "c"}
	assert.Equal(t, "", found())
	assert.Equal(t, "harmless a", found(m(responder.Harmless, 24, a), m(responder.Malicious, 24, b)))
	assert.Equal(t, "malicious b", found(m(responder.Harmless, 8, a), m(responder.Malicious, 32, b)))
	assert.Equal(t, "malicious b, suspicious c", found(m(responder.Harmless, 8, a), m(responder.Suspicious, 32, c), m(responder.Malicious, 4, b)),
		"the winning side is shown whole")
	assert.Equal(t, "harmless a", found(m(responder.Harmless, 32, a), m(responder.Harmless, 8, a), m(responder.Malicious, 16, a)), "once per list")
	assert.Equal(t, "harmless a, unknown c", found(m(responder.UnknownSignal, 32, c), m(responder.Harmless, 8, a)))
	assert.Equal(t, "unknown c", found(m(responder.UnknownSignal, 32, c)))
}

func TestSignalsAreBounded(t *testing.T) {
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprintf("list-%02d.txt", i)] = "192.0.2.1 # " + strings.Repeat("\U0001F4A5", 1000)
	}
	task := taskOf("ipaddr", "192.0.2.1")
	page := ask(t, newShelf(many).inspector(t), "ipaddr", "192.0.2.1")
	assert.Len(t, page.Signals, maxSignals)
	assert.NoError(t, respondertest.CheckPage(task, page))
	assert.Equal(t, "list-00", page.Signals[0].Source)
}

func TestTextsOfListsAreHarmlessForTerminals(t *testing.T) {
	w := newShelf(map[string]string{"a\x1b[2J\u202e.txt": "192.0.2.1 # x\x1b]0;t\a\u202ey\n"}).inspector(t)
	s := ask(t, w, "ipaddr", "192.0.2.1").Signals[0]
	assert.Equal(t, `192.0.2.1 is on the list "a[2J": x]0;ty`, s.Summary)
	assert.Equal(t, "a[2J", s.Source)
}

func TestNew(t *testing.T) {
	_, err := New(nil, Options{})
	assert.ErrorContains(t, err, "source is nil")
	s := newShelf(map[string]string{"bad.txt": "10.0.0.0/33\n", "worse.csv": "a,b\n"})
	_, err = New(s, Options{Now: s.now})
	assert.ErrorContains(t, err, `list "bad.txt": 1 lines and none of them an indicator: bad.txt:1: indicator: "10.0.0.0/33", expected an address`)
	assert.ErrorContains(t, err, `list "worse.csv": line 1: "a,b", expected a header`)
	s.lists["good.txt"] = "192.0.2.1"
	_, err = New(s, Options{Now: s.now})
	assert.NoError(t, err, "the others work")
	s.err = errors.New("oh")
	_, err = New(s, Options{Now: s.now})
	assert.ErrorContains(t, err, "watchlist: oh")
}

// What was not looked at must not look clean.
func TestNothingFoundIsNotSaidWhereAListIsMissing(t *testing.T) {
	w := newShelf(map[string]string{"bad.txt": "\x00\n", "good.txt": "192.0.2.1"}).inspector(t)
	assert.Equal(t, "malicious good", says(ask(t, w, "ipaddr", "192.0.2.1")))
	page := ask(t, w, "ipaddr", "192.0.2.2")
	assert.Equal(t, responder.Failed, page.Outcome)
	assert.Contains(t, page.Error, `list "bad.txt": 1 lines and none of them an indicator`)
	s := newShelf(nil)
	assert.Equal(t, responder.Skipped, ask(t, s.inspector(t), "ipaddr", "192.0.2.2").Outcome)
	assert.Contains(t, s.log.String(), "there are no lists")
	assert.Equal(t, responder.Page{}, ask(t, newShelf(map[string]string{"empty.txt": "# nothing yet\n"}).inspector(t), "ipaddr", "192.0.2.2"))
}

func TestReload(t *testing.T) {
	s := newShelf(map[string]string{"a.txt": "192.0.2.1", "b.txt": "192.0.2.2"})
	w := s.inspector(t)
	ask(t, w, "ipaddr", "192.0.2.1")
	assert.Len(t, s.opened, 2)
	s.lists["a.txt"] = "192.0.2.3"
	s.time = s.time.Add(reloadEvery - 1)
	assert.Empty(t, says(ask(t, w, "ipaddr", "192.0.2.3")), "not before five minutes")
	assert.EqualValues(t, 1, s.listed.Load())
	s.time = s.time.Add(1)
	assert.Equal(t, "malicious a", says(ask(t, w, "ipaddr", "192.0.2.3")))
	assert.Empty(t, says(ask(t, w, "ipaddr", "192.0.2.1")))
	assert.Equal(t, "malicious b", says(ask(t, w, "ipaddr", "192.0.2.2")))
	assert.Equal(t, []string{"a.txt"}, s.opened[2:], "only what changed")

	held := w.lists.held
	s.time = s.time.Add(reloadEvery)
	ask(t, w, "ipaddr", "192.0.2.3")
	assert.Same(t, held, w.lists.held, "nothing changed")

	delete(s.lists, "b.txt")
	s.time = s.time.Add(reloadEvery)
	assert.Empty(t, says(ask(t, w, "ipaddr", "192.0.2.2")))
}

func TestAFailedReloadKeepsTheLists(t *testing.T) {
	s := newShelf(map[string]string{"a.txt": "192.0.2.1"})
	w := s.inspector(t)
	s.err = errors.New("access denied")
	_, err := w.Inspect(t.Context(), taskOf("ipaddr", "192.0.2.1"))
	require.EqualError(t, err, "watchlist: access denied")
	assert.False(t, responder.IsPermanent(err), "it is worth another try")
	s.err, s.broken = nil, errors.New("connection reset")
	_, err = w.Inspect(t.Context(), taskOf("ipaddr", "192.0.2.1"))
	require.EqualError(t, err, `watchlist: list "a.txt": connection reset`)
	assert.False(t, responder.IsPermanent(err))
	assert.Empty(t, s.log.String())

	s.broken = nil
	assert.Equal(t, "malicious a", says(ask(t, w, "ipaddr", "192.0.2.1")), "the next try works at once")
	s.err = errors.New("access denied")
	s.time = s.time.Add(reloadEvery)
	assert.Equal(t, "malicious a", says(ask(t, w, "ipaddr", "192.0.2.1")))
	assert.Contains(t, s.log.String(), "access denied")
	listed := s.listed.Load()
	ask(t, w, "ipaddr", "192.0.2.1")
	assert.Equal(t, listed, s.listed.Load(), "and not again before five minutes")

	s.err, s.lists["a.txt"] = nil, "<html> <body> oh </body>"
	for range 3 {
		s.time = s.time.Add(reloadEvery)
		assert.Equal(t, "malicious a", says(ask(t, w, "ipaddr", "192.0.2.1")), "the version before stays")
	}
	assert.Equal(t, 1, strings.Count(s.log.String(), "a list cannot be used"), "said once")
}

func TestAListThatWasCutIsReadAgain(t *testing.T) {
	whole := packed(t, strings.Repeat("192.0.2.1\n", 5000))
	s := newShelf(map[string]string{"a.gz": whole, "b.txt": "192.0.2.2"})
	s.broken = io.ErrUnexpectedEOF
	w := s.inspector(t)
	assert.Equal(t, responder.Failed, ask(t, w, "ipaddr", "192.0.2.2").Outcome)
	s.broken = nil
	s.time = s.time.Add(reloadEvery)
	assert.Equal(t, "malicious b", says(ask(t, w, "ipaddr", "192.0.2.2")))
	assert.Equal(t, "malicious a", says(ask(t, w, "ipaddr", "192.0.2.1")))
}

func TestOneLoadsForAll(t *testing.T) {
	s := newShelf(map[string]string{"a.txt": "192.0.2.1"})
	w := s.inspector(t)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { assert.Equal(t, "malicious a", says(ask(t, w, "ipaddr", "192.0.2.1"))) })
	}
	wg.Wait()
	assert.EqualValues(t, 1, s.listed.Load())
}

func TestBounds(t *testing.T) {
	s := newShelf(map[string]string{
		"good.txt": "192.0.2.1",
		"bomb.gz":  strings.Repeat(packed(t, strings.Repeat("#", 1<<20)), MaxBytes>>20+1),
		"torn.gz":  packed(t, strings.Repeat("192.0.2.3\n", 9000))[:40],
		"plain.gz": "192.0.2.4 # not packed",
	})
	w := s.inspector(t)
	assert.Equal(t, "malicious good", says(ask(t, w, "ipaddr", "192.0.2.1")))
	assert.Contains(t, s.log.String(), `list \"bomb.gz\": more than 64 MiB`)
	assert.Contains(t, s.log.String(), `list \"torn.gz\": unexpected EOF`)
	assert.Contains(t, s.log.String(), `list \"plain.gz\": gzip: invalid header`)

	big := File{Path: "big.txt", Size: MaxBytes + 1}
	_, err := open(t.Context(), big, 10)
	assert.True(t, responder.IsPermanent(err), "not even opened: %v", err)
	_, err = parse("a.txt", strings.NewReader("192.0.2.1\n192.0.2.2\n192.0.2.3\n"), 2)
	assert.ErrorContains(t, err, "line 3: more than")
	assert.True(t, responder.IsPermanent(err))

	s = newShelf(map[string]string{})
	for i := range MaxLists + 1 {
		s.lists[fmt.Sprint(i)] = ""
	}
	_, err = s.inspector(t).Inspect(t.Context(), taskOf("ipaddr", "192.0.2.1"))
	assert.ErrorContains(t, err, "more than 1000 lists")
}
