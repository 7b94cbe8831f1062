package protocol

import responder "github.com/m-mizutani/AlertResponder/lib"

// Answering is what a submission that brings attributes is to an item.
type Answering struct {
	Next       Item
	Again      bool                  // its update was made before a crash
	Attributes []responder.Attribute // to be handed out, with the origin given
}

// Answer decides what a submission is to the item as read: its token is crossed off if it is done, and the
// attributes that the report has not seen become a further wave. After the last wave (no origin) nobody is asked about
// them, and the report says that it is not whole.
func Answer(item Item, token string, done bool, origin string, attrs []responder.Attribute, awaiting Awaiting, now int64, r Rules) Answering {
	if origin == "" || len(attrs) == 0 {
		next := CrossOff(item, token, done)
		if fresh, over := item.unseen(attrs); len(fresh) > 0 || over {
			next.Seen = next.Seen.With(overflow)
		}
		return Answering{Next: next}
	}
	if item.Origins.Has(OriginHash(origin)) {
		return Answering{Next: CrossOff(item, token, done), Again: true, Attributes: fitting(attrs)}
	}
	fresh, over := item.unseen(attrs)
	next := CrossOff(item, token, done)
	if over {
		next.Seen = next.Seen.With(overflow)
	}
	if len(fresh) > 0 {
		next.handOut(origin, fresh, awaiting(fresh), now, r)
	}
	return Answering{Next: next, Attributes: fresh}
}

// CrossOff is a change of evidence that takes a token out of those awaited, if done.
func CrossOff(item Item, token string, done bool) Item {
	item.Ver++
	if done {
		item.Pending, item.Late = item.Pending.Without(token), item.Late.Without(token)
	}
	return item
}

// Count adds n repeats.
func Count(item Item, n, lastSeen int64) Item {
	item.Count += n
	item.LastSeen = lastSeen
	return item
}

// Deadline says what the deadline message does to the item: if it is the one that the item names, and
// somebody is awaited, they are late from now on (R5).
func Deadline(item Item, deadlineAt int64) (Item, bool) {
	if item.DeadlineAt != deadlineAt || len(item.Pending) == 0 {
		return item, false
	}
	item.Late = item.Late.With(item.Pending...)
	item.Pending = nil
	item.Ver++
	return item, true
}

// Settle notes that the verdict on ver was published.
func Settle(item Item, ver int64, verdict responder.Severity) Item {
	if item.Judged < ver {
		item.Judged, item.Verdict = ver, verdict
	}
	return item
}

// Step is what the one whose update returned an item has to do before it acknowledges.
type Step int

// The steps.
const (
	Rest   Step = iota
	Review      // send the review message (R3)
	Heal        // send the deadline message again: its sender's delivery was lost
)

// Then says which step an item asks for.
func Then(item Item, now int64) Step {
	switch {
	case item.WantsReview():
		return Review
	case item.Overdue(now):
		return Heal
	}
	return Rest
}
