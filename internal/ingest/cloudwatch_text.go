package ingest

import (
	"maps"
	"slices"
	"strings"
)

// lines joins what a person reads, each thing on a line.
func lines(list ...string) string {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, "\n")
}

func (c contributor) String() string { return or(pairsOf(c.attributes), line(c.id, 40)) }

// pairsOf gives the names and values of an object's texts: "QueueName jobs, Stage prod".
func pairsOf(o object) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if v := textOf(o[name]); v != "" && len(out) < 10 {
			out = append(out, line(name, 200)+" "+line(v, 100))
		}
	}
	return strings.Join(out, ", ")
}

// condition is what an alarm watches: in a trigger of a message on a topic, or in a configuration.
func condition(o object) string {
	var out []string
	if o.isText("MetricName") {
		out = append(out, series(o, or(o.text("Statistic"), o.text("ExtendedStatistic"))))
	}
	for _, query := range o.objects("metrics") {
		stat := query.at("metricStat")
		switch {
		case query.isText("expression"):
			out = append(out, line(query.text("id")+" = "+query.text("expression"), 300))
		case stat.at("metric") != nil:
			out = append(out, strings.TrimPrefix(line(query.text("id"), 40)+" = ", " = ")+series(stat.at("metric"), stat.text("stat")))
		}
	}
	if len(out) > 10 {
		out = append(out[:10], "…")
	}
	if op := o.text("comparisonOperator"); op != "" && o.has("threshold") {
		out = append(out, line(op+" "+o.text("threshold"), 100))
	}
	if len(out) == 0 {
		return ""
	}
	return "Watches: " + strings.Join(out, "; ")
}

func series(metric object, stat string) string {
	name := or(metric.text("metricName"), metric.text("name"))
	s := line(strings.TrimSpace(stat+" "+metric.text("namespace")+" "+name), 200)
	if of := pairsOf(dimensions(metric)); of != "" {
		s += " (" + of + ")"
	}
	return s
}

// composition is of a composite alarm: its rule, and the alarms that made it change.
func composition(rule string, children []object) string {
	var out []string
	for n, c := range children {
		if n == 20 {
			out = append(out, "…")
			break
		}
		_, name, _ := strings.Cut(c.text("arn"), ":alarm:")
		out = append(out, line(or(name, c.text("arn")), 255)+" ("+line(c.at("state").text("value"), 20)+")")
	}
	var by string
	if len(out) > 0 {
		by = "Because of: " + strings.Join(out, ", ")
	}
	if rule != "" {
		rule = "Rule: " + line(rule, 1000)
	}
	return lines(rule, by)
}

// silence says who keeps the alarm from acting. It is an alarm all the same.
func silence(state, mute object) string {
	var by []string
	if s := state.text("actionsSuppressedBy"); s != "" {
		by = append(by, "suppressed by "+line(s, 100))
	}
	if s := mute.text("mutedByArn"); s != "" {
		by = append(by, "muted by "+line(s, 300))
	}
	if len(by) == 0 {
		return ""
	}
	return "Its actions are " + strings.Join(by, ", and ") + "."
}
