package virustotal_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/virustotal"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// start is when the tests take place.
var start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

const key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// fake is VirusTotal's API v3 as far as it is asked here, written from its reference: "Objects", "Relationships", "Errors",
// "Get an IP address report", "Get a domain report", "Get a URL analysis report", "Get a file report", "Public vs Premium API",
// "How consumption quotas are handled". It is reached without a network.
type fake struct {
	t   testing.TB
	now func() time.Time

	key               string
	premium           bool
	perMinute, perDay int // 0: no limit

	mu      sync.Mutex
	objects map[string]object // by <collection>/<id>
	asked   map[string]int    // answered questions, by <collection>/<id>
	refused int               // for the quota
	times   []time.Time       // of what was answered
	queries []string
	// odd answers in place of the API: false where it has none.
	odd func(w http.ResponseWriter, r *http.Request) bool
}

func newFake(t testing.TB) *fake {
	return &fake{t: t, now: func() time.Time { return start }, key: key, objects: map[string]object{}, asked: map[string]int{}}
}

// RoundTrip implements http.RoundTripper.
func (f *fake) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	defer func() {
		if v := recover(); v == http.ErrAbortHandler {
			err = errors.New("connection refused")
		} else if v != nil {
			panic(v)
		}
	}()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w.Result(), nil
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queries = append(f.queries, r.URL.RequestURI())
	if f.odd != nil && f.odd(w, r) {
		return
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/api/v3/")
	switch given := r.Header.Get("x-apikey"); {
	case !ok || r.Method != http.MethodGet:
		f.t.Errorf("%s %s: expected GET below /api/v3/", r.Method, r.URL)
	case r.Header.Get("x-tool") == "":
		f.t.Errorf("%s: expected the header x-tool", r.URL)
	case given == "":
		fail(w, 401, "AuthenticationRequiredError", "X-Apikey header is missing")
	case given != f.key:
		fail(w, 401, "WrongCredentialsError", "Wrong API key")
	case f.over():
		f.refused++
		fail(w, 429, "QuotaExceededError", "Quota exceeded")
	default:
		f.times = append(f.times, f.now())
		f.asked[path]++
		f.answer(w, path, r.URL.Query().Get("relationships"))
	}
}

// over says whether a quota is used up: of a minute, wherever it begins, or of a day of the calendar.
func (f *fake) over() bool {
	minute, day := 0, 0
	for _, t := range f.times {
		if f.now().Sub(t) < time.Minute {
			minute++
		}
		if t.UTC().Truncate(24 * time.Hour).Equal(f.now().UTC().Truncate(24 * time.Hour)) {
			day++
		}
	}
	return f.perMinute > 0 && minute >= f.perMinute || f.perDay > 0 && day >= f.perDay
}

// related are the relationships of each collection, with whether they are for everybody (the tables "Relationships" of "IP
// addresses", "Domains", "URLs" and "Files").
var related = map[string]map[string]bool{
	"ip_addresses": {"communicating_files": true, "referrer_files": true, "resolutions": true, "downloaded_files": false, "urls": false},
	"domains":      {"communicating_files": true, "referrer_files": true, "resolutions": true, "downloaded_files": false, "urls": false},
	"urls": {"last_serving_ip_address": true, "network_location": true, "communicating_files": false, "downloaded_files": false,
		"referrer_files": false},
	"files": {"contacted_domains": true, "contacted_ips": true, "contacted_urls": true, "itw_domains": false, "itw_urls": false},
}

func (f *fake) answer(w http.ResponseWriter, path, relationships string) {
	collection, id, _ := strings.Cut(path, "/")
	o, known := f.objects[path]
	if why := faultOf(collection, id); why != "" {
		fail(w, 400, "InvalidArgumentError", why)
		return
	}
	var names []string
	if relationships != "" {
		names = strings.Split(relationships, ",")
	}
	for _, name := range names {
		everybody, ok := related[collection][name]
		if !ok {
			fail(w, 400, "BadRequestError", "Relationship "+name+" is not available")
			return
		}
		if !everybody && !f.premium {
			fail(w, 403, "ForbiddenError", "You are not authorized to perform the requested operation")
			return
		}
	}
	if !known {
		fail(w, 404, "NotFoundError", fmt.Sprintf("%s %q not found", collection, id))
		return
	}
	o.Relationships = maps.Clone(o.Relationships)
	maps.DeleteFunc(o.Relationships, func(name string, _ any) bool { return !slices.Contains(names, name) })
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": o})
}

func faultOf(collection, id string) string {
	switch collection {
	case "ip_addresses":
		if _, err := netip.ParseAddr(id); err != nil {
			return fmt.Sprintf("%q is not a valid IP address pattern", id)
		}
	case "urls":
		if _, err := base64.RawURLEncoding.DecodeString(id); err != nil {
			return fmt.Sprintf("%q is not a valid URL identifier", id)
		}
	case "files":
		if _, err := hex.DecodeString(id); err != nil {
			return fmt.Sprintf("%q is not a valid hash", id)
		}
	case "domains":
		if !strings.Contains(id, ".") || strings.ContainsAny(id, "/ <>%") {
			return fmt.Sprintf("%q is not a valid domain pattern", id)
		}
	default:
		return "unknown collection"
	}
	return ""
}

// fail answers as "Errors" has it.
func fail(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": code, "message": message}})
}

// object is one as "Objects" has it.
type object struct {
	ID            string            `json:"id"`
	Type          string            `json:"type"`
	Links         map[string]string `json:"links"`
	Attributes    map[string]any    `json:"attributes"`
	Relationships map[string]any    `json:"relationships,omitempty"`
}

// put has VirusTotal know an attribute, of which so many engines say malicious, suspicious, harmless, and that they have
// no opinion; analysed that long ago.
func (f *fake) put(kind, value string, counts [4]int, since time.Duration) object {
	collection, of := map[string]string{responder.TypeIPAddr: "ip_addresses", responder.TypeDomain: "domains",
		responder.TypeURL: "urls", responder.TypeFileHash: "files"}[kind], map[string]string{responder.TypeIPAddr: "ip_address",
		responder.TypeDomain: "domain", responder.TypeURL: "url", responder.TypeFileHash: "file"}[kind]
	path, id := value, value
	if kind == responder.TypeURL {
		path, id = base64.RawURLEncoding.EncodeToString([]byte(value)), hexSum(value)
	}
	o := object{ID: id, Type: of, Links: map[string]string{"self": "https://www.virustotal.com/api/v3/" + collection + "/" + id},
		Attributes: map[string]any{"last_analysis_date": start.Add(-since).Unix(), "last_analysis_results": results(counts),
			"last_analysis_stats": map[string]int{"malicious": counts[0], "suspicious": counts[1], "harmless": counts[2],
				"undetected": counts[3], "timeout": 0}, "reputation": 0, "tags": []string{}, "total_votes": map[string]int{"harmless": 0, "malicious": 0}},
		Relationships: map[string]any{}}
	f.objects[collection+"/"+path] = o
	return o
}

func results(counts [4]int) map[string]any {
	out := map[string]any{}
	for i, c := range [4][2]string{{"malicious", "malware"}, {"suspicious", "suspicious"}, {"harmless", "clean"}, {"undetected", "unrated"}} {
		for n := range counts[i] {
			name := fmt.Sprintf("%c-Engine %02d", "MSHU"[i], n+1)
			out[name] = map[string]any{"category": c[0], "engine_name": name, "method": "blacklist", "result": c[1]}
		}
	}
	return out
}

func hexSum(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// descriptors are a one-to-many relationship ("Relationships").
func descriptors(of string, ids ...string) map[string]any {
	list := []any{}
	for _, id := range ids {
		d := map[string]any{"type": of, "id": id}
		if of == "url" {
			d = map[string]any{"type": of, "id": hexSum(id), "context_attributes": map[string]any{"url": id}}
		}
		list = append(list, d)
	}
	return map[string]any{"data": list, "links": map[string]string{"self": "https://www.virustotal.com/api/v3/x"},
		"meta": map[string]any{"count": len(list), "cursor": "x"}}
}

func (f *fake) total() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.times)
}

func (f *fake) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.queries)
}

// settings of an inspector that asks the fake.
func (f *fake) settings(env map[string]string) intel.Settings {
	return intel.Settings{
		Key:     responder.Secret(func(ctx ctx) (string, error) { return key, nil }),
		BaseURL: "https://vt.example/api/v3", Transport: f, Now: func() time.Time { return f.now() },
		Getenv: func(name string) string { return env[name] },
	}
}

// unlimited is an environment without limits.
var unlimited = map[string]string{"VIRUSTOTAL_LIMITS": "1000000/minute", "VIRUSTOTAL_RELATIONS": "public"}

func (f *fake) inspector(env map[string]string) responder.Inspector {
	i, err := virustotal.New(f.settings(env))
	require.NoError(f.t, err)
	return i
}

func (f *fake) inspectorWith(m responder.Memory, env map[string]string) responder.Inspector {
	s := f.settings(env)
	s.Memory = m
	i, err := virustotal.New(s)
	require.NoError(f.t, err)
	return i
}

// listening is a Memory that tells what was stored.
type listening struct {
	responder.Memory
	mu     sync.Mutex
	stored []string
}

func (l *listening) Store(ctx ctx, key string, value []byte, expires time.Time) error {
	l.mu.Lock()
	l.stored = append(l.stored, key+" "+string(value))
	l.mu.Unlock()
	return l.Memory.Store(ctx, key, value, expires)
}

func (l *listening) Swap(ctx ctx, key string, was int64, value []byte, expires time.Time) (responder.Entry, bool, error) {
	l.mu.Lock()
	l.stored = append(l.stored, key+" "+string(value))
	l.mu.Unlock()
	return l.Memory.Swap(ctx, key, was, value, expires)
}
