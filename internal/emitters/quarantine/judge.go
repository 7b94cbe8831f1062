package quarantine

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/emitters/quarantine/actions"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// permit is a rule that allows an action, and why.
type permit struct {
	rule  rule
	why   string
	alert responder.Alert
}

// judgment is what the rules say of a candidate, before anybody looks at it.
type judgment struct {
	about   bool // some rule is about it; else nothing is to be said
	permits []permit
	reasons []string // why there are none
}

// ahead is how far a sender's clock may be ahead.
const ahead = 10 * time.Minute

// judge asks all rules. A rule is about actions, verdicts, senders and alerts; whatever else it has must be so, or the reason is told.
func (w *work) judge(c candidate) (j judgment) {
	for _, r := range w.rules.list {
		if !slices.Contains(r.actions, c.target.Kind) || !slices.Contains(r.severity, w.severity) {
			continue
		}
		reason := ""
		for _, b := range c.brought {
			if !r.isAbout(b.alert) {
				continue
			}
			j.about = true
			why, obstacle := w.allows(r, c, b)
			if obstacle == "" {
				j.permits = append(j.permits, permit{r, why, b.alert})
				reason = ""
				break
			}
			reason = cmp.Or(reason, obstacle)
		}
		if reason != "" {
			j.reasons = append(j.reasons, reason+" (rule "+r.name+")")
		}
	}
	if !j.about {
		j.reasons = []string{fmt.Sprintf("no rule is for it at the verdict %s", w.severity)}
	}
	return j
}

// isAbout says whether the rule is for such alerts at all: most reports are none of its business, and say nothing of it.
func (r rule) isAbout(a responder.Alert) bool {
	return slices.Contains(r.sources, a.Source) && (len(r.alerts) == 0 || anyGlob(r.alerts, a.Rule))
}

// allows says why a rule allows an action on what an alert brought, or what is in the way.
func (w *work) allows(r rule, c candidate, b bringing) (why, obstacle string) {
	for _, in := range []string{w.unfit(), w.account(r, c, b.alert), w.timely(r, b.alert), w.role(r, c, b.attribute), w.complete(r)} {
		if in != "" {
			return "", in
		}
	}
	said, obstacle := w.signals(r, c, b.alert)
	if obstacle != "" {
		return "", obstacle
	}
	return strings.Join(append([]string{fmt.Sprintf("%s by %s", w.severity, text(b.alert.Source, 40))}, said...), "; "), ""
}

// unfit is what no rule can allow.
func (w *work) unfit() string {
	var newest responder.Alert
	for n, a := range w.alerts {
		if a.Sample {
			return "an alert of the report is a sample"
		}
		if n == 0 || !a.Timestamp.LastTime().Before(newest.Timestamp.LastTime()) {
			newest = a
		}
	}
	switch {
	case w.report.Alert.Sample:
		return "an alert of the report is a sample"
	case w.report.Truncated:
		return "the report is not whole: something did not fit into it"
	case newest.State.OrFiring() == responder.Resolved:
		return "its source says that it is over"
	}
	return ""
}

func (w *work) account(r rule, c candidate, a responder.Alert) string {
	account := cmp.Or(c.target.Account, a.Account)
	switch {
	case account == "" || a.Account == "":
		return "the alert does not say of which account it is"
	case slices.Contains(w.rules.never.accounts, account) || slices.Contains(w.rules.never.accounts, a.Account):
		return "account " + text(account, 20) + " is never touched"
	case !slices.Contains(r.accounts, account) || !slices.Contains(r.accounts, a.Account):
		return "it is of account " + text(account, 20) + ", and the rule is for " + strings.Join(r.accounts, ", ")
	}
	return ""
}

func (w *work) timely(r rule, a responder.Alert) string {
	last := a.Timestamp.LastTime()
	switch {
	case a.Late:
		return "the alert came late"
	case last.IsZero():
		return "the alert does not say when it was"
	case w.now.Sub(last) > r.older:
		return "the alert is older than " + spanOf(r.older)
	case last.Sub(w.now) > ahead:
		return "the alert is of the future"
	}
	return ""
}

func (w *work) role(r rule, c candidate, a responder.Attribute) string {
	switch {
	case a.Match(responder.ContextExtracted):
		return "it was found in a text that was not written for machines"
	case len(r.contexts) > 0 && !slices.ContainsFunc(r.contexts, a.Match):
		return "it is not the " + strings.Join(r.contexts, " or ") + " of the alert"
	case c.target.Kind == actions.BlockAddress:
		address, err := netip.ParseAddr(c.target.Value)
		for _, p := range w.rules.never.networks {
			if err == nil && p.Contains(address.Unmap()) {
				return "it is in " + p.String() + ", which is never touched"
			}
		}
	}
	return ""
}

// complete says who is missing or failed, but for ourselves.
func (w *work) complete(r rule) string {
	if r.incomplete {
		return ""
	}
	var names []string
	for _, i := range w.report.Inspections {
		clean := i.Outcome == responder.Found || i.Outcome == responder.Nothing || i.Outcome == responder.Skipped
		if name := text(i.Inspector, 40); i.Inspector != ID && !clean && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "the evidence is not complete: no answer from " + strings.Join(names[:min(len(names), 5)], ", ")
}

// signals says which of the required ones are there, or which is not.
func (w *work) signals(r rule, c candidate, a responder.Alert) (said []string, obstacle string) {
	for _, want := range r.signals {
		var names []string
		for _, s := range w.report.Signals {
			if !want.isMet(s) || s.Attribute == nil || !want.isOf(*s.Attribute, c, a) {
				continue
			}
			if by := w.disputes(*s.Attribute); by != "" && !r.disputed {
				obstacle = cmp.Or(obstacle, text(s.Inspector, 40)+" says "+string(want.verdict)+" of "+text(s.Attribute.Value, 80)+", but "+by+" says harmless")
				continue
			}
			if name := text(s.Inspector, 40); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if len(names) < want.atLeast {
			return nil, cmp.Or(obstacle, want.missing(len(names)))
		}
		slices.Sort(names)
		say := map[bool]string{true: " says ", false: " say "}[len(names) == 1]
		said = append(said, strings.Join(names[:min(len(names), 5)], ", ")+say+string(want.verdict))
	}
	return said, ""
}

// disputes is who says that an entity is harmless.
func (w *work) disputes(a responder.Attribute) string {
	var by string
	for _, s := range w.report.Signals {
		if s.Verdict == responder.Harmless && s.Inspector != ID && s.Attribute != nil && same(*s.Attribute, a) && (by == "" || s.Inspector < by) {
			by = s.Inspector
		}
	}
	return text(by, 40)
}

func same(a, b responder.Attribute) bool { return a.Type == b.Type && a.Value == b.Value }

func (want wanted) isMet(s responder.Signal) bool {
	return s.Inspector != "" && s.Inspector != ID && s.Verdict.Rank() >= want.verdict.Rank() && s.Score >= float64(want.score) &&
		(len(want.kinds) == 0 || slices.Contains(want.kinds, s.Kind)) &&
		(len(want.inspectors) == 0 || slices.Contains(want.inspectors, s.Inspector))
}

// isOf says whether a signal is of what it has to be of: the target itself, or something that the same alert names.
func (want wanted) isOf(of responder.Attribute, c candidate, a responder.Alert) bool {
	if !want.alert {
		return same(of, c.attribute)
	}
	return slices.ContainsFunc(a.Attrs, func(attr responder.Attribute) bool { return same(attr, of) })
}

func (want wanted) missing(n int) string {
	of := "of it"
	if want.alert {
		of = "of what the alert names"
	}
	who := "no inspector"
	if len(want.inspectors) > 0 {
		who = "none of " + strings.Join(want.inspectors, ", ")
	}
	if n > 0 {
		who = fmt.Sprintf("%d of the required %d inspectors", n, want.atLeast)
		if n == 1 {
			return fmt.Sprintf("only 1 of the required %d inspectors says %s %s", want.atLeast, want.verdict, of)
		}
		return fmt.Sprintf("only %s say %s %s", who, want.verdict, of)
	}
	return fmt.Sprintf("%s says %s %s as the rule asks", who, want.verdict, of)
}

// spares says why what was looked at is not touched, empty where it may be.
func (w *work) spares(r rule, l actions.Look) string {
	never := w.rules.never
	if t, ok := matchFold(never.tags, l.Tags); ok {
		return "its tag " + t + " is on the list of what is never touched"
	}
	if l.ARN != "" && anyGlob(never.arns, l.ARN) {
		return text(l.ARN, 200) + " is on the list of what is never touched"
	}
	if slices.Contains(never.accounts, l.Account) {
		return "account " + text(l.Account, 20) + " is never touched"
	}
	if _, ok := match(r.tags, l.Tags); len(r.tags) > 0 && !ok {
		return "it has none of the tags that the rule asks for: " + spelledTags(r.tags)
	}
	return ""
}

func match(list []tag, tags map[string]string) (found string, ok bool) {
	for _, t := range list {
		if value, is := tags[t.key]; is && glob(t.value, value) {
			return text(t.key+"="+value, 100), true
		}
	}
	return "", false
}

// matchFold is match whatever the case: AWS tells Quarantine and quarantine apart, and who wrote one may have meant the other.
func matchFold(list []tag, tags map[string]string) (found string, ok bool) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		for _, t := range list {
			if strings.EqualFold(t.key, key) && glob(strings.ToLower(t.value), strings.ToLower(tags[key])) {
				return text(key+"="+tags[key], 100), true
			}
		}
	}
	return "", false
}

func spelledTags(list []tag) string {
	var out []string
	for _, t := range list {
		out = append(out, t.key+"="+t.value)
	}
	return text(strings.Join(out, ", "), 200)
}
