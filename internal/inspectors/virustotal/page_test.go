package virustotal_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

const sample = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"

// The pages of typical answers: testdata/pages has what people and policies are told.
func TestPages(t *testing.T) {
	date := func(days int) int64 { return start.Add(-time.Duration(days) * day).Unix() }
	for name, c := range map[string]struct {
		kind, value string
		counts      [4]int
		days        int
		more        func(o object)
	}{
		"address-of-a-botnet": {"ipaddr", "185.220.101.4", [4]int{12, 1, 58, 21}, 2, func(o object) {
			o.Attributes["as_owner"], o.Attributes["asn"], o.Attributes["country"] = "Stiftung Erneuerbare Freiheit", 60729, "DE"
			o.Relationships["communicating_files"] = descriptors("file", sample, strings.Repeat("ab", 32), "not a hash")
			o.Relationships["resolutions"] = descriptors("resolution", "185.220.101.4c2.evil.example", "1.2.3.4other.example", "185.220.101.4")
		}},
		"address-listed-long-ago": {"ipaddr", "185.220.101.4", [4]int{12, 0, 59, 21}, 1200, func(o object) {
			o.Attributes["as_owner"] = "Someone Else"
		}},
		"large-service": {"ipaddr", "8.8.8.8", [4]int{1, 0, 62, 29}, 0, func(o object) {
			o.Attributes["as_owner"], o.Attributes["asn"], o.Attributes["country"] = "Google LLC", 15169, "US"
			o.Relationships["communicating_files"] = descriptors("file", sample)
			o.Relationships["resolutions"] = descriptors("resolution", "8.8.8.8spam.example")
			o.Attributes["gti_assessment"] = map[string]any{"verdict": map[string]string{"value": "VERDICT_BENIGN"},
				"severity": map[string]string{"value": "SEVERITY_NONE"}, "threat_score": map[string]int{"value": 0},
				"description": "This indicator was determined as benign by a Mandiant analyst and likely poses no threat."}
		}},
		"address-that-analysts-know": {"ipaddr", "45.155.205.233", [4]int{1, 0, 62, 29}, 0, func(o object) {
			o.Attributes["as_owner"], o.Attributes["asn"], o.Attributes["country"] = "<script>alert(1)</script>\r\nX: y", -7, "<>"
			o.Relationships["resolutions"] = descriptors("resolution", "45.155.205.233c2.evil.example")
			o.Attributes["gti_assessment"] = map[string]any{"verdict": map[string]string{"value": "VERDICT_MALICIOUS"},
				"severity": map[string]string{"value": "SEVERITY_HIGH"}, "threat_score": map[string]int{"value": 80}}
		}},
		"popular-domain": {"domain", "wikipedia.org", [4]int{0, 0, 64, 28}, 1, func(o object) {
			o.Attributes["creation_date"] = date(9000)
			o.Attributes["popularity_ranks"] = map[string]any{"Majestic": map[string]any{"rank": 9, "timestamp": date(1)},
				"Cisco Umbrella": map[string]any{"rank": 120, "timestamp": date(1)}}
		}},
		"domain-of-yesterday": {"domain", "login-update.org", [4]int{0, 0, 60, 32}, 1, func(o object) {
			o.Attributes["creation_date"] = date(1)
		}},
		"domain-of-a-phisher": {"domain", "login-update.org", [4]int{3, 2, 60, 27}, 0, func(o object) {
			o.Relationships["resolutions"] = descriptors("resolution", "198.51.100.7login-update.org", "2001:db8::7login-update.org", "x.org")
			o.Relationships["referrer_files"] = descriptors("file", sample)
		}},
		"url-of-a-phisher": {"url", "http://evil.org/login?a=b", [4]int{7, 0, 64, 9}, 0, func(o object) {
			o.Attributes["last_final_url"] = "https://user:pw@evil.org/landing"
			o.Relationships["last_serving_ip_address"] = map[string]any{"data": map[string]any{"type": "ip_address", "id": "198.51.100.7"}}
			o.Relationships["network_location"] = map[string]any{"data": map[string]any{"type": "domain", "id": "evil.org"}}
		}},
		"file-that-is-malware": {"filehash", sample, [4]int{25, 0, 0, 40}, 700, func(o object) {
			o.Attributes["meaningful_name"], o.Attributes["type_description"] = "invoice\u202egnp.exe\x00", "Win32 EXE"
			o.Attributes["first_submission_date"], o.Attributes["sha256"] = date(2000), sample
			o.Attributes["popular_threat_classification"] = map[string]any{"suggested_threat_label": "trojan.emotet/banker",
				"popular_threat_category": []any{map[string]any{"count": 20, "value": "trojan"}}}
			o.Relationships["contacted_ips"] = descriptors("ip_address", "198.51.100.7", "198.51.100.8")
			o.Relationships["contacted_domains"] = descriptors("domain", "c2.evil.org", "<b>.org")
			o.Relationships["contacted_urls"] = descriptors("url", "http://c2.evil.org/gate.php", "javascript:alert(1)")
		}},
		"file-that-everybody-has": {"filehash", sample, [4]int{0, 0, 0, 71}, 4, func(o object) {
			o.Attributes["meaningful_name"], o.Attributes["type_description"] = "notepad.exe", "Win32 EXE"
			o.Attributes["first_submission_date"], o.Attributes["unique_sources"] = date(900), 4000
		}},
		"never-analysed": {"domain", "quiet.org", [4]int{}, 0, func(o object) {
			delete(o.Attributes, "last_analysis_stats")
			delete(o.Attributes, "last_analysis_date")
			delete(o.Attributes, "last_analysis_results")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			c.more(f.put(c.kind, c.value, c.counts, time.Duration(c.days)*day))
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetIndent("", "  ")
			require.NoError(t, e.Encode(ask(t, f.inspector(unlimited), c.kind, c.value)))
			file := filepath.Join("testdata", "pages", name+".json")
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
				require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), b.String())
		})
	}
}
