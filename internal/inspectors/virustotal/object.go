package virustotal

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"strings"

	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// answer is an object as "Objects" has it, as much of it as is used. Everything in it is bounded as it is read, and has the same
// JSON again, which is what is remembered. What is not of the documented type is left out, but for the counts: the verdict
// stands on them.
type answer struct {
	want   string // type
	id     string // what was asked for, where the answer has to be about that
	Object object `json:"data"`
}

type object struct {
	ID         text               `json:"id"`
	Type       text               `json:"type"`
	Attributes *attributes        `json:"attributes"`
	Relations  dict[relationship] `json:"relationships,omitempty"`
}

type attributes struct {
	Stats    *stats               `json:"last_analysis_stats"`
	Analysed seconds              `json:"last_analysis_date,omitempty"`
	Results  dict[loose[finding]] `json:"last_analysis_results,omitempty"`

	Owner   text  `json:"as_owner,omitempty"`
	AS      count `json:"asn,omitempty"`
	Country text  `json:"country,omitempty"`

	Ranks    dict[loose[rank]] `json:"popularity_ranks,omitempty"`
	Created  seconds           `json:"creation_date,omitempty"` // of a domain; of a file it is what its author says
	FinalURL address           `json:"last_final_url,omitempty"`

	SHA256    text          `json:"sha256,omitempty"`
	Name      text          `json:"meaningful_name,omitempty"`
	FileType  text          `json:"type_description,omitempty"`
	First     seconds       `json:"first_submission_date,omitempty"`
	Sources   count         `json:"unique_sources,omitempty"`
	Submitted count         `json:"times_submitted,omitempty"`
	Threat    loose[threat] `json:"popular_threat_classification,omitzero"`

	GTI loose[assessment] `json:"gti_assessment,omitzero"`
}

// stats are the counts of engines. Those that ran out of time, failed, or do not know the type of file have no opinion.
type stats struct {
	Malicious  int `json:"malicious"`
	Suspicious int `json:"suspicious"`
	Harmless   int `json:"harmless"`
	Undetected int `json:"undetected"`
	// Partial: how many say suspicious is not among them.
	Partial bool `json:"partial,omitempty"`
}

// UnmarshalJSON refuses counts without the one that matters: none of them is not 0.
func (s *stats) UnmarshalJSON(b []byte) error {
	type plain stats
	given := struct {
		Malicious  *int `json:"malicious"`
		Suspicious *int `json:"suspicious"`
		plain
	}{}
	if err := json.Unmarshal(b, &given); err != nil {
		return err
	}
	*s = stats(given.plain)
	if given.Malicious != nil {
		s.Malicious = *given.Malicious
	} else if s.engines() > 0 || given.Suspicious != nil && *given.Suspicious > 0 {
		return errors.New("last_analysis_stats: malicious is missing")
	}
	if given.Suspicious != nil {
		s.Suspicious = *given.Suspicious
	} else {
		s.Partial = true
	}
	return nil
}

func (s stats) engines() int { return s.Malicious + s.Suspicious + s.Harmless + s.Undetected }

type finding struct {
	Category text `json:"category"`
	Result   text `json:"result,omitempty"`
}

type rank struct {
	Rank count `json:"rank"`
}

type threat struct {
	Label text `json:"suggested_threat_label"`
}

// assessment is of keys for Google Threat Intelligence ("IP addresses", gti_assessment, in its reference).
type assessment struct {
	Verdict struct {
		Value text `json:"value"`
	} `json:"verdict"`
	Severity struct {
		Value text `json:"value"`
	} `json:"severity"`
	Score struct {
		Value count `json:"value"`
	} `json:"threat_score"`
	Description text `json:"description,omitempty"`
}

// relationship is a list of descriptors, or one; an error, or null, is none.
type relationship struct {
	Data few[descriptor] `json:"data"`
}

type descriptor struct {
	Type    text `json:"type"`
	ID      text `json:"id"`
	Context struct {
		URL address `json:"url,omitempty"`
	} `json:"context_attributes,omitzero"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *answer) UnmarshalJSON(b []byte) error {
	type plain answer
	p := plain{want: a.want, id: a.id}
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	switch {
	case p.want != "" && string(p.Object.Type) != p.want:
		return fmt.Errorf("type: %.40q, expected %s", p.Object.Type, p.want)
	case isOther(string(p.Object.ID), p.id):
		return errors.New("id: another object's")
	case p.Object.Attributes == nil:
		return errors.New("attributes: missing")
	}
	if err := p.Object.Attributes.Stats.check(); err != nil {
		return err
	}
	maps.DeleteFunc(p.Object.Relations, func(name string, _ relationship) bool { return relations[name] == "" })
	if b, err := json.Marshal(p); err != nil || len(b) > maxKept { // nothing that is told in earnest is as long
		p.Object.Attributes.Results, p.Object.Relations = nil, nil
	}
	*a = answer(p)
	return nil
}

// isOther says whether an answer is about another address, name or file. VirusTotal spells URLs in its own way, and names of other
// letters perhaps; and of an MD5 or SHA-1 it gives the SHA-256.
func isOther(id, asked string) bool {
	if asked == "" || id == "" || strings.EqualFold(id, asked) {
		return false
	}
	if addr, err := netip.ParseAddr(asked); err == nil {
		got, err := netip.ParseAddr(id)
		return err != nil || got != addr
	}
	if sha256(text(asked)) != "" {
		return true
	}
	return domain(asked) != "" && domain(id) != ""
}

const (
	maxEngines = 10000 // there are some hundred
	maxKept    = intel.MaxKept
)

func (s *stats) check() error {
	if s == nil {
		return nil
	}
	for _, n := range []int{s.Malicious, s.Suspicious, s.Harmless, s.Undetected} {
		if n < 0 || n > maxEngines {
			return fmt.Errorf("last_analysis_stats: %d, expected a count of engines", n)
		}
	}
	return nil
}
