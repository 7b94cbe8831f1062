package virustotal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// What counts are worth. One or two engines of ninety say of something harmless that it is malicious every day, and which ones do
// changes: so nothing is said here of engines that are to be trusted more than others.
const (
	certain  = 5 // engines that say malicious: they do not all have it from one list
	doubtful = 2 // fewer are noise
	// A file that few engines can read has few votes: three count as five where they are a quarter.
	small, share = 3, 4

	// Addresses, names and URLs change hands: what was said of them a year ago is a reason to look, not a verdict. A file stays
	// what it was.
	stale = 365 * 24 * time.Hour
)

// What makes something harmless. That no engine lists it does not: nobody lists the address that an attacker rented
// this morning, and nobody lists a thing that was not looked at since. So there has to be something that speaks for it, a recent
// analysis by many engines, and not one against it. For an address there is nothing of that sort.
const (
	fresh       = 30 * 24 * time.Hour
	many        = 40                  // engines with an opinion
	seasoned    = 90 * 24 * time.Hour // known to VirusTotal when it was analysed: engines had the time to find it out
	wellKnown   = 10                  // sources that sent in a file, times that a URL was
	popular     = 10000               // the best rank of a domain that is asked for by everybody
	established = 365 * 24 * time.Hour
)

// verdict is what VirusTotal's object means.
type verdict struct {
	is    responder.SignalVerdict
	score float64
	said  string // the counts, with their age
	why   string // it is something else than the counts say
}

func judgeObject(a *attributes, object, id string, now time.Time) verdict {
	if a.Stats == nil || a.Stats.engines() == 0 {
		return verdict{is: responder.UnknownSignal, said: "never analysed by an engine that has an opinion"}
	}
	v := verdict{is: byCounts(*a.Stats), score: min(100, 10*float64(a.Stats.Malicious)+5*float64(a.Stats.Suspicious)),
		said: counts(*a.Stats) + " (analysed " + ago(a.Analysed, now) + ")"}
	if object != "file" && age(a.Analysed, now) > stale {
		v.score /= 2
		if v.is == responder.Malicious {
			v.is, v.why = responder.Suspicious, "too long ago to hold for who has it today"
		}
	}
	if why := speaksFor(a, object, id, now); why != "" {
		v.is, v.score, v.why = responder.Harmless, 80, why
	}
	return v
}

func byCounts(s stats) responder.SignalVerdict {
	switch n := s.Malicious; {
	case n >= certain, n >= small && n*share >= s.engines():
		return responder.Malicious
	case n+s.Suspicious >= doubtful:
		return responder.Suspicious
	}
	return responder.UnknownSignal
}

// speaksFor is the reason to call it harmless, if there is one.
func speaksFor(a *attributes, object, id string, now time.Time) string {
	if a.Stats.Partial || a.Stats.Malicious+a.Stats.Suspicious > 0 || a.Stats.engines() < many || a.Analysed == 0 || age(a.Analysed, now) > fresh {
		return ""
	}
	switch {
	case object == "domain" && isPopular(a, id) && age(a.Created, now) > established:
		return "a popular name, registered " + ago(a.Created, now)
	case object == "file" && isSeasoned(a) && a.Sources >= wellKnown:
		return fmt.Sprintf("sent in by %d sources, first %s", a.Sources, ago(a.First, now))
	case object == "url" && isSeasoned(a) && a.Submitted >= wellKnown:
		return fmt.Sprintf("sent in %d times, first %s", a.Submitted, ago(a.First, now))
	}
	return ""
}

func isSeasoned(a *attributes) bool {
	return age(a.First, a.Analysed.time()) > seasoned
}

// isPopular says whether a name is asked for by everybody. A name below another has the ranks and the age of that one, and may
// be anybody's: those of customers of a hoster are.
func isPopular(a *attributes, name string) bool {
	if strings.Count(strings.TrimPrefix(name, "www."), ".") > 1 {
		return false
	}
	for _, r := range a.Ranks {
		if n := r.V.Rank; n > 0 && n <= popular {
			return true
		}
	}
	return false
}

// counts say it in words: 12 of 92 engines say malicious, 2 suspicious.
func counts(s stats) string {
	text := fmt.Sprintf("%d of %d engines say malicious", s.Malicious, s.engines())
	switch {
	case s.Malicious == 0:
		text = fmt.Sprintf("none of %d engines says malicious", s.engines())
	case s.Malicious == 1:
		text = fmt.Sprintf("1 of %d engines says malicious", s.engines())
	}
	if s.Suspicious > 0 {
		text += fmt.Sprintf(", %d suspicious", s.Suspicious)
	}
	return text
}

// against are the engines that say malicious, by name.
func against(a *attributes) []string {
	var names []string
	for name, f := range a.Results {
		if f.V.Category == "malicious" && name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// gti is what Google Threat Intelligence makes of it; ok is false where it says nothing.
func gti(g assessment) (v verdict, ok bool) {
	words := map[text]responder.SignalVerdict{
		"VERDICT_MALICIOUS": responder.Malicious, "VERDICT_SUSPICIOUS": responder.Suspicious,
		"VERDICT_BENIGN": responder.Harmless, "VERDICT_UNDETECTED": responder.UnknownSignal,
	}
	is, ok := words[g.Verdict.Value]
	v = verdict{is: is, score: float64(min(g.Score.Value, 100)), said: word(g.Verdict.Value)}
	if severity := word(g.Severity.Value); severity != "" && severity != "none" && severity != "unknown" {
		v.said += ", severity " + severity
	}
	if g.Description != "" {
		v.said += ": " + string(g.Description)
	}
	if is == responder.Harmless {
		v.score = 90
	}
	return v, ok
}

// word is the last part of a constant: VERDICT_MALICIOUS, SEVERITY_HIGH.
func word(t text) string {
	_, w, _ := strings.Cut(strings.ToLower(string(t)), "_")
	return w
}
