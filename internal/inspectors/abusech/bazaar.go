package abusech

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// sample is a file of MalwareBazaar ("Query a malware sample").
type sample struct {
	SHA256    string   `json:"sha256_hash"`
	SHA1      string   `json:"sha1_hash"`
	MD5       string   `json:"md5_hash"`
	FirstSeen string   `json:"first_seen"`
	LastSeen  string   `json:"last_seen"`
	Type      string   `json:"file_type"`
	Signature string   `json:"signature"`
	Tags      []string `json:"tags"`
}

// sampleAnswer is what MalwareBazaar knows of a hash.
type sampleAnswer struct {
	asked string
	Data  []sample `json:"data"`
}

// UnmarshalJSON refuses what is about another file.
func (a *sampleAnswer) UnmarshalJSON(b []byte) error {
	type plain sampleAnswer
	p := plain{asked: a.asked}
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	p.Data = slices.DeleteFunc(p.Data, func(s sample) bool {
		return !strings.EqualFold(s.SHA256, a.asked) && !strings.EqualFold(s.SHA1, a.asked) && !strings.EqualFold(s.MD5, a.asked)
	})
	if len(p.Data) == 0 {
		return errors.New("no sample of the hash")
	}
	p.Data = p.Data[:1]
	*a = sampleAnswer(p)
	return nil
}

// finding: the service takes confirmed malware only ("Submission Policy"), so that to be there is enough.
func (a *sampleAnswer) finding() finding {
	s, link := a.Data[0], ""
	if h := sha256Of(s.SHA256); h != "" {
		link = "https://bazaar.abuse.ch/sample/" + h + "/"
	}
	return finding{signals: []responder.Signal{signal(responder.Malicious, 95, bazaar, link, latest(s.FirstSeen, s.LastSeen),
		"a sample of malware", names("malware", s.Signature), names("type", s.Type), names("tags", s.Tags...))}}
}
