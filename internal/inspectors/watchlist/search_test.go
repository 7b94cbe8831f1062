package watchlist

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// stands says by the words of the documentation, without an index, whether an attribute stands under an entry.
func stands(kind, value string, i item) bool {
	switch kind {
	case "ipaddr":
		return i.class == classNetwork && i.prefix.Contains(netip.MustParseAddr(value))
	case "domain":
		return i.class == classDomain && (value == i.text || strings.HasSuffix(value, "."+i.text))
	case "url":
		host := strings.Split(strings.TrimPrefix(value, "http://"), "/")[0]
		if a, err := netip.ParseAddr(host); err == nil {
			return i.class == classNetwork && i.prefix.Contains(a)
		}
		return i.class == classURL && i.text == value || stands("domain", host, i)
	case "email":
		return i.class == classEmail && i.text == value || stands("domain", value[strings.IndexByte(value, '@')+1:], i)
	}
	return i.text == value && i.class != classNetwork && (i.kind == "" || i.kind == kind)
}

// Few letters, so that entries and attributes meet.
var (
	someName    = rapid.StringMatching(`(a|b)(\.(a|b)){1,3}`)
	someAddress = rapid.OneOf(rapid.StringMatching(`10\.[0-3]\.[0-3]\.[0-3]`), rapid.StringMatching(`2001:db8::[0-3]:[0-3]`))
	someURL     = rapid.Custom(func(t *rapid.T) string {
		return "http://" + rapid.OneOf(someName, rapid.StringMatching(`10\.[0-3]\.[0-3]\.[0-3]`)).Draw(t, "host") + rapid.SampledFrom([]string{"/", "/x"}).Draw(t, "path")
	})
	someEmail = rapid.Map(someName, func(s string) string { return "u@" + s })
	someUser  = rapid.StringMatching(`[a-c]`)
	somePart  = rapid.OneOf(someName, someAddress, someURL, someEmail, someUser,
		rapid.Custom(func(t *rapid.T) string {
			a := someAddress.Draw(t, "network")
			return fmt.Sprintf("%s/%d", a, rapid.IntRange(0, netip.MustParseAddr(a).BitLen()).Draw(t, "bits"))
		}))
	someLine = rapid.Custom(func(t *rapid.T) string {
		kind := rapid.SampledFrom([]string{"", "", "", "username", "bucket"}).Draw(t, "type")
		return somePart.Draw(t, "indicator") + "," + kind
	})
)

func TestLookUpsAgreeWithAScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(someLine, 0, 30).Draw(t, "list")
		l, err := parse("a.csv", strings.NewReader("value,type\n"+strings.Join(lines, "\n")), 10000)
		if err != nil {
			t.Fatal(err)
		}
		x := newIndex([]*list{l})
		kind := rapid.SampledFrom([]string{"ipaddr", "domain", "url", "email", "username", "bucket"}).Draw(t, "kind")
		value := map[string]*rapid.Generator[string]{"ipaddr": someAddress, "domain": someName, "url": someURL,
			"email": someEmail, "username": someUser, "bucket": someUser}[kind].Draw(t, "value")
		var want, got []string
		for i := range l.items {
			if stands(kind, value, l.items[i]) {
				want = append(want, l.items[i].indicator.String()+" "+l.items[i].kind)
			}
		}
		for _, m := range x.find(responder.Attribute{Type: kind, Value: value}, start) {
			got = append(got, m.indicator.String()+" "+m.kind)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Fatalf("%s %s: %q, expected %q", kind, value, got, want)
		}
	})
}

func TestRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "from")
		b := rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "to")
		from, _ := netip.AddrFromSlice(a)
		to, _ := netip.AddrFromSlice(b)
		parts := span(from, to)
		if from.Compare(to) > 0 {
			assert.Empty(t, parts)
			return
		}
		next := from
		for _, p := range parts {
			require.Equal(t, next, p.Addr(), "no gap")
			require.Equal(t, p.Masked(), p)
			next = last(p).Next()
		}
		assert.Equal(t, to, last(parts[len(parts)-1]))
		assert.LessOrEqual(t, len(parts), 62)
	})
	assert.Len(t, networks("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 1)
	assert.Len(t, networks("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"), 254)
}

// hundredThousand is a list of so many indicators of all sorts.
func hundredThousand() string {
	var b strings.Builder
	for i := range 25_000 {
		fmt.Fprintf(&b, "10.%d.%d.%d\n", i>>16, i>>8&255, i&255)
		fmt.Fprintf(&b, "2001:db8:%x::/%d\n", i, 48+i%81)
		fmt.Fprintf(&b, "host-%d.bad.example # seen\n", i)
		fmt.Fprintf(&b, "%064x\n", i)
	}
	return b.String()
}

// A look-up asks at most once for each length of a network, each name above a domain, and a text, however many
// indicators there are.
func TestLookUpsAreNoScans(t *testing.T) {
	var all strings.Builder
	all.WriteString(hundredThousand())
	for bits := range 129 {
		fmt.Fprintf(&all, "2001:db8::/%d\n", bits)
	}
	for bits := range 33 {
		fmt.Fprintf(&all, "10.0.0.0/%d\n", bits)
	}
	l := read(t, "a.txt", all.String())
	require.Len(t, l.items, 100_000+129+33)
	require.Empty(t, l.faults.First)
	x := newIndex([]*list{l})
	probes := func(kind, value string) int {
		return x.search(responder.Attribute{Type: kind, Value: value}, start).probes
	}
	assert.Equal(t, 33, probes("ipaddr", "10.0.0.1"))
	assert.Equal(t, 129, probes("ipaddr", "2001:db8::1"))
	assert.Equal(t, 128, probes("domain", strings.Repeat("a.", 126)+"a"))
	assert.Equal(t, 1, probes("domain", strings.Repeat("a.", 900)+"a"), "no name is so long")
	assert.LessOrEqual(t, probes("url", "https://"+strings.Repeat("a.", 126)+"a/"), 129)
	assert.LessOrEqual(t, probes("email", "a@"+strings.Repeat("a.", 126)+"a"), 129)
	assert.Equal(t, 2, probes("filehash", strings.Repeat("0", 64)))
	assert.LessOrEqual(t, probes("username", "mallory"), 2)
	assert.NotEmpty(t, x.find(responder.Attribute{Type: "domain", Value: "x.host-24999.bad.example"}, start))

	few := newIndex([]*list{read(t, "a.txt", "192.0.2.0/24\n192.0.2.1\n")})
	assert.Equal(t, 2, few.search(responder.Attribute{Type: "ipaddr", Value: "192.0.2.1"}, start).probes, "lengths that are in use")
}

// How long it takes is for the benchmark to say.
func TestAHundredThousandEntriesCostAFewAllocationsEach(t *testing.T) {
	text := hundredThousand()
	allocations := testing.AllocsPerRun(1, func() { newIndex([]*list{read(t, "a.txt", text)}) })
	assert.Less(t, allocations, 4*100_000.0, "per entry: its line, its indicator, and what tells the sorts apart")
}

func BenchmarkLoad(b *testing.B) {
	text := hundredThousand()
	b.ReportAllocs()
	for b.Loop() {
		newIndex([]*list{read(b, "a.txt", text)})
	}
}

func BenchmarkLookUp(b *testing.B) {
	x := newIndex([]*list{read(b, "a.txt", hundredThousand())})
	for _, a := range []responder.Attribute{
		{Type: "ipaddr", Value: "10.0.3.4"}, {Type: "ipaddr", Value: "2001:db8:7::1"}, {Type: "domain", Value: "a.host-5.bad.example"},
	} {
		b.Run(a.Type+" "+a.Value, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.find(a, start)
			}
		})
	}
}
