package bus

import (
	"cmp"
	"slices"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// fittingTask is the task as it is sent. Its attributes are never cut: all of them are handed out.
func fittingTask(t responder.TaskMessage) responder.TaskMessage {
	t.V = responder.SchemaVersion
	t.Alert.Raw = ""
	return fit(t, taskFits, taskCuts)
}

func taskFits(t responder.TaskMessage) bool { return fitsNotification(t, taskAttributes(t)) }

// taskCuts is what a task loses that does not fit, in this order.
var taskCuts = []cut[responder.TaskMessage]{
	{least: 0, to: otherAttributes},    // attributes of the alert that the task does not hand out
	{least: 1024, to: alertTexts},      // its description, and other texts
	{least: 0, to: alertAttributes},    // its attributes, which stand in the task as well
	{least: 256, to: alertTexts},       // still less of its texts
	{least: 0, to: plainText, most: 1}, // noncharacters, which take twice their size in JSON
}

type attributeID struct{ kind, value string }

func otherAttributes(t responder.TaskMessage, n int) responder.TaskMessage {
	own := map[attributeID]bool{}
	for _, a := range t.Attributes {
		own[attributeID{a.Type, a.Value}] = true
	}
	kept := 0
	weight := func(a responder.Attribute) float64 {
		if own[attributeID{a.Type, a.Value}] {
			return 1
		}
		return 0
	}
	for _, a := range t.Alert.Attrs {
		kept += int(weight(a))
	}
	t.Alert.Attrs = best(t.Alert.Attrs, kept+n, weight)
	return t
}

func alertAttributes(t responder.TaskMessage, n int) responder.TaskMessage {
	t.Alert.Attrs = t.Alert.Attrs[:min(len(t.Alert.Attrs), n)]
	return t
}

// alertTexts leaves the attributes of the alert as they are: who has one compares it.
func alertTexts(t responder.TaskMessage, n int) responder.TaskMessage {
	attrs := t.Alert.Attrs
	t.Alert.Attrs = nil
	t.Alert = shrunk(t.Alert, MaxNotification, n)
	t.Alert.Attrs = attrs
	return t
}

var replacement = strings.NewReplacer("\uFFFE", "\uFFFD", "\uFFFF", "\uFFFD")

// plainText replaces noncharacters in the attributes; n = 1 does nothing.
func plainText(t responder.TaskMessage, n int) responder.TaskMessage {
	if n > 0 {
		return t
	}
	t.Attributes = slices.Clone(t.Attributes)
	for i, a := range t.Attributes {
		a.Type, a.Value, a.Key = replacement.Replace(a.Type), replacement.Replace(a.Value), replacement.Replace(a.Key)
		a.Context = slices.Clone(a.Context)
		for j, c := range a.Context {
			a.Context[j] = replacement.Replace(c)
		}
		t.Attributes[i] = a
	}
	return t
}

// maxTypes bounds the attribute types, in bytes: 256 types of the length that package entity allows. Only
// where types are full of control characters can there be more; then the longest are left out.
const maxTypes = 32 << 10

// typesOf are the distinct types of attributes and "*", sorted.
func typesOf(attrs []responder.Attribute) []string {
	types := []string{"*"}
	for _, a := range attrs {
		if a.Type != "" {
			types = append(types, a.Type)
		}
	}
	slices.SortFunc(types, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	types = slices.Compact(types)
	size := 0
	for i, t := range types {
		if size += len(escaped(string(entity.JSON(t)))); size > maxTypes {
			types = types[:i]
			break
		}
	}
	slices.Sort(types)
	return types
}
