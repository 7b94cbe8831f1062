package abusech

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/inspectorstest"
)

const (
	badIP     = "178.128.78.235"
	badDomain = "sskymedia.com"
	badURL    = "http://sskymedia.com/VMYB-ht_JAQo-gi/INV/"
	badHash   = "72820698de9b69166ab226b99ccf70f3f58345b88246f7d5e4e589c21dd44435"
)

// The answers are those of "URLhaus API", "ThreatFox API" and "MalwareBazaar API", with another life: numbers that are texts,
// nulls, and fields that we do not read.
const (
	hostIP = `{"query_status": "ok", "urlhaus_reference": "https:\/\/urlhaus.abuse.ch\/host\/178.128.78.235\/", "host": "178.128.78.235",
		"firstseen": "2026-03-25 09:55:01 UTC", "url_count": "3", "blacklists": {"spamhaus_dbl": "not listed", "surbl": "not listed"}, "urls": [
		{"id": "165354", "urlhaus_reference": "https:\/\/urlhaus.abuse.ch\/url\/165354\/", "url": "http:\/\/178.128.78.235\/bins\/Solar.sh4",
		 "url_status": "offline", "date_added": "2026-03-25 09:55:33 UTC", "threat": "malware_download", "reporter": "0xrb", "larted": "true",
		 "takedown_time_seconds": "4711", "tags": null},
		{"id": "165356", "urlhaus_reference": "https:\/\/urlhaus.abuse.ch\/url\/165356\/", "url": "http:\/\/178.128.78.235\/bins\/Solar.x86",
		 "url_status": "online", "date_added": "2026-03-25 09:55:39 UTC", "threat": "malware_download", "reporter": "0xrb", "larted": "true",
		 "takedown_time_seconds": null, "tags": ["elf", "mirai"]}]}`
	hostDomain = `{"query_status": "ok", "urlhaus_reference": "https:\/\/urlhaus.abuse.ch\/host\/sskymedia.com\/", "host": "sskymedia.com",
		"firstseen": "2026-01-19 01:33:26 UTC", "url_count": "1", "blacklists": {"spamhaus_dbl": "abused_legit_malware", "surbl": "not listed"}, "urls": [
		{"id": "105821", "url": "http:\/\/sskymedia.com\/VMYB-ht_JAQo-gi\/INV\/", "url_status": "online", "date_added": "2026-01-19 01:33:26 UTC",
		 "threat": "malware_download", "reporter": "Cryptolaemus1", "larted": "true", "takedown_time_seconds": null, "tags": ["emotet"]}]}`
	urlInfo = `{"query_status": "ok", "id": "105821", "urlhaus_reference": "https:\/\/urlhaus.abuse.ch\/url\/105821\/",
		"url": "http:\/\/sskymedia.com\/VMYB-ht_JAQo-gi\/INV\/", "url_status": "online", "host": "sskymedia.com", "date_added": "2026-01-19 01:33:26 UTC",
		"last_online": "2026-05-01 02:00:00 UTC", "threat": "malware_download", "blacklists": {"spamhaus_dbl": "not listed", "surbl": "not listed"},
		"reporter": "Cryptolaemus1", "larted": "true", "takedown_time_seconds": null, "tags": ["emotet", "epoch2", "heodo"], "payloads": [
		{"firstseen": "2026-01-19", "filename": "676860772178.doc", "file_type": "doc", "response_size": "172752",
		 "response_md5": "cf6bc359bc8a667c1b8d241e9591f392", "response_sha256": "72820698de9b69166ab226b99ccf70f3f58345b88246f7d5e4e589c21dd44435",
		 "urlhaus_download": "https:\/\/urlhaus-api.abuse.ch\/v1\/download\/7282\/", "signature": "Heodo", "virustotal": null},
		{"firstseen": "2026-01-20", "filename": null, "file_type": "html", "response_size": "1", "response_md5": "", "response_sha256": "",
		 "signature": null, "virustotal": {"result": "16 / 58", "percent": "27.59", "link": "https:\/\/www.virustotal.com\/"}}]}`
	payloadInfo = `{"query_status": "ok", "md5_hash": "cf6bc359bc8a667c1b8d241e9591f392",
		"sha256_hash": "72820698de9b69166ab226b99ccf70f3f58345b88246f7d5e4e589c21dd44435", "file_type": "doc", "file_size": "172752", "signature": "Heodo",
		"firstseen": "2026-01-19 07:01:00", "lastseen": "2026-01-19 09:00:00", "url_count": "2", "virustotal": null, "urls": []}`
	iocIP = `{"query_status": "ok", "data": [
		{"id": "41", "ioc": "178.128.78.235:443", "threat_type": "botnet_cc", "threat_type_desc": "Indicator that identifies a botnet command&control server (C&C)",
		 "ioc_type": "ip:port", "malware": "win.cobalt_strike", "malware_printable": "Cobalt Strike", "malware_alias": null, "malware_malpedia": null,
		 "confidence_level": 75, "first_seen": "2026-04-08 13:36:27 UTC", "last_seen": null, "reporter": "abuse_ch", "reference": null, "tags": null},
		{"id": "40", "ioc": "178.128.78.235:80", "threat_type": "botnet_cc", "ioc_type": "ip:port", "malware_printable": "Dridex", "confidence_level": "100",
		 "first_seen": "2023-12-08 13:36:27 UTC", "last_seen": "2023-12-09 13:36:27 UTC", "tags": ["exe"]},
		{"id": "39", "ioc": "78.128.78.235:80", "threat_type": "botnet_cc", "ioc_type": "ip:port", "malware_printable": "Other", "confidence_level": 100,
		 "first_seen": "2026-05-01 13:36:27 UTC", "last_seen": null, "tags": null}]}`
	iocHash = `{"query_status": "ok", "data": [{"id": 7, "ioc": "http:\/\/sskymedia.com\/x", "threat_type": "payload_delivery", "ioc_type": "url",
		"malware_printable": "Emotet", "confidence_level": 100, "first_seen": "2026-05-01 13:36:27 UTC", "last_seen": null, "tags": ["emotet"]}]}`
	sampleInfo = `{"query_status": "ok", "data": [{"sha256_hash": "72820698de9b69166ab226b99ccf70f3f58345b88246f7d5e4e589c21dd44435",
		"sha3_384_hash": "", "sha1_hash": "da39a3ee5e6b4b0d3255bfef95601890afd80709", "md5_hash": "cf6bc359bc8a667c1b8d241e9591f392",
		"first_seen": "2026-01-19 12:12:12", "last_seen": null, "file_name": "invoice.doc", "file_size": 172752, "file_type_mime": "application\/msword",
		"file_type": "doc", "reporter": "abuse_ch", "anonymous": 0, "signature": "Heodo", "imphash": null, "tags": ["doc", "Heodo"], "code_sign": [],
		"delivery_method": "email_attachment", "intelligence": {"clamav": null, "downloads": "500", "uploads": "1", "mail": null}}]}`
	noResults    = `{"query_status": "no_results"}`
	noResult     = `{"query_status": "no_result", "data": "Your search did not yield any results"}`
	hashNotFound = `{"query_status": "hash_not_found"}`
	unknownKey   = `{"query_status": "unknown_auth_key"}`
)

// fake is the three services.
func fake(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); r.Method != http.MethodPost || err != nil || r.URL.RawQuery != "" {
		inspectorstest.Answer(http.StatusOK, `{"query_status": "http_post_expected"}`)(w, r)
		return
	}
	say := func(is bool, yes, no string) {
		if is {
			no = yes
		}
		inspectorstest.Answer(http.StatusOK, no)(w, r)
	}
	switch get := r.PostForm.Get; r.Host + r.URL.Path {
	case "urlhaus-api.abuse.ch/v1/host/":
		switch get("host") {
		case badDomain:
			say(true, hostDomain, "")
		default:
			say(get("host") == badIP, hostIP, noResults)
		}
	case "urlhaus-api.abuse.ch/v1/url/":
		say(get("url") == badURL, urlInfo, noResults)
	case "urlhaus-api.abuse.ch/v1/payload/":
		say(get("sha256_hash") == badHash, payloadInfo, noResults)
	case "mb-api.abuse.ch/api/v1/":
		say(get("query") == "get_info" && get("hash") == badHash, sampleInfo, hashNotFound)
	case "threatfox-api.abuse.ch/api/v1/":
		threatFox(say, r)
	default:
		http.NotFound(w, r)
	}
}

func threatFox(say func(is bool, yes, no string), r *http.Request) {
	var q struct {
		Query string `json:"query"`
		Term  string `json:"search_term"`
		Exact bool   `json:"exact_match"`
		Hash  string `json:"hash"`
	}
	switch err := json.NewDecoder(r.Body).Decode(&q); {
	case err != nil || r.Header.Get("Content-Type") != "application/json":
		say(true, `{"query_status": "unknown_operation"}`, "")
	case q.Query == "search_hash" && len(q.Hash) != 32 && len(q.Hash) != 64:
		say(true, `{"query_status": "illegal_hash"}`, "")
	case q.Query == "search_hash":
		say(q.Hash == badHash, iocHash, noResult)
	case q.Query == "search_ioc" && !q.Exact:
		say(strings.Contains("178.128.78.235:443", q.Term), iocIP, noResult)
	default:
		say(false, "", noResult)
	}
}

// nothing knows nothing.
func nothing(w http.ResponseWriter, r *http.Request) {
	switch r.Host {
	case "urlhaus-api.abuse.ch":
		inspectorstest.Answer(http.StatusOK, noResults)(w, r)
	case "mb-api.abuse.ch":
		inspectorstest.Answer(http.StatusOK, hashNotFound)(w, r)
	default:
		inspectorstest.Answer(http.StatusOK, noResult)(w, r)
	}
}

// but is the fake with another answer of one service.
func but(host string, other http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Host == host {
			other(w, r)
			return
		}
		fake(w, r)
	}
}

// only has one service answer, and the others know nothing.
func only(host, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Host == host {
			inspectorstest.Answer(http.StatusOK, body)(w, r)
			return
		}
		nothing(w, r)
	}
}
