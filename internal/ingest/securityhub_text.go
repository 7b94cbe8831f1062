package ingest

import "strings"

// maxLines bounds each kind of lines in a description.
const maxLines = 10

// asffAction is what a person pressed in Security Hub to send the finding; nil where it came by itself.
func asffAction(event object) object {
	if detail := event.at("detail"); detail != nil {
		event = detail
	}
	if event.text("actionName") == "" {
		return nil
	}
	return event
}

// asffDescription is what a person reads first: why it came, the product's words, and what was found by name.
func asffDescription(f, event object) string {
	var lines []string
	if action := asffAction(event); action != nil {
		lines = append(lines, "Custom action "+described(action.text("actionName"), action.text("actionDescription")))
	}
	if service := guardDutyFields(f); service != nil {
		lines = append(lines, findingText(object{"description": f.text("description"), "service": map[string]any(service)}))
	} else {
		lines = append(lines, f.text("description"))
	}
	add := func(what string, list []object, text func(object) string) {
		for n, o := range list {
			if s := text(o); s != "" && n < maxLines {
				lines = append(lines, line(what+": "+s, 1000))
			}
		}
	}
	add("Malware", f.objects("malware"), func(o object) string { return described(o.text("name"), o.text("type"), o.text("state")) })
	add("Threat", f.objects("threats"), func(o object) string { return described(o.text("name"), o.text("severity")) })
	add("Signal", f.at("detection", "sequence").objects("signals"), func(o object) string { return or(o.text("title"), o.text("name")) })
	add("Mutex", f.objects("threatIntelIndicators"), func(o object) string {
		if o.text("type") != "MUTEX" {
			return ""
		}
		return o.text("value")
	})
	add("Reason", f.at("compliance").objects("statusReasons"), func(o object) string {
		return or(o.text("description"), o.text("reasonCode"))
	})
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// described is a name with what is said of it.
func described(name string, more ...string) string {
	var said []string
	for _, s := range more {
		if s != "" {
			said = append(said, line(s, 200))
		}
	}
	if len(said) == 0 || name == "" {
		return line(name, 200)
	}
	return line(name, 200) + " (" + strings.Join(said, ", ") + ")"
}
