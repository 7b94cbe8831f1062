package protocol

import (
	"crypto/sha256"
	"encoding/json"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// maxTask bounds the JSON of the attributes that one alert or page hands out, so that a task fits into a
// notification.
const maxTask = 160 << 10

// overflow stands in Seen for the attributes that a report could not take any more.
const overflow = "\x00\x00\x00\x00\x00\x00\x00\x00"

// Arrival is what the item has to know of one alert.
type Arrival struct {
	ID       string
	Attrs    []responder.Attribute // normalized, distinct
	Severity float64
	State    responder.State
	LastSeen int64 // timestamp.last, not after now
	Stored   bool  // its body is stored already: it is evidence, whatever the item says by now
}

// Awaiting says who will be asked for attributes: ids of inspectors that accept one of them at least.
type Awaiting func(attrs []responder.Attribute) []string

// Handout is a task to be published.
type Handout struct {
	Arrival    int // index of the alert that brought the attributes
	Origin     string
	Attributes []responder.Attribute
}

// Joining is what a group of alerts is to an item.
type Joining struct {
	Next     Item      // for Swap if there is evidence, else for Count
	Evidence []int     // alerts that change the evidence
	Bodies   []int     // those of them whose body is to be stored before the update
	Repeats  int       // alerts that are counted and nothing else
	Again    []int     // alerts whose update was made before a crash
	Handouts []Handout // tasks to publish after the update; for Again, with all their attributes
}

// Join decides what alerts of one fingerprint, in the order given, are to the item as read.
func Join(item Item, arrivals []Arrival, awaiting Awaiting, now int64, r Rules) Joining {
	j := joiner{Joining: Joining{Next: item}, was: item, awaiting: awaiting, now: now, rules: r}
	for n, a := range arrivals {
		j.add(n, a)
	}
	if len(j.Evidence) > 0 {
		j.Next.Ver++
	}
	return j.Joining
}

type joiner struct {
	Joining
	was      Item
	awaiting Awaiting
	now      int64
	rules    Rules
}

func (j *joiner) add(n int, a Arrival) {
	origin := AlertOrigin(a.ID)
	if j.was.Origins.Has(OriginHash(origin)) {
		j.Again = append(j.Again, n)
		j.Handouts = append(j.Handouts, Handout{n, origin, fitting(a.Attrs)})
		return
	}
	fresh, over := j.Next.unseen(a.Attrs)
	evidence := j.isNews(a) || len(fresh) > 0 || over
	j.Next.Count++
	j.Next.learn(a)
	if !evidence {
		j.Repeats++
		return
	}
	j.Evidence = append(j.Evidence, n)
	j.Next.Bodies++
	if !a.Stored && j.Next.Bodies <= MaxBodies {
		j.Bodies = append(j.Bodies, n)
	}
	if over {
		j.Next.Seen = j.Next.Seen.With(overflow)
	}
	if len(fresh) > 0 {
		j.Next.handOut(origin, fresh, j.awaiting(fresh), j.now, j.rules)
		j.Handouts = append(j.Handouts, Handout{n, origin, fresh})
	}
}

// isNews says whether an alert is evidence even without a new attribute.
func (j *joiner) isNews(a Arrival) bool {
	i := j.Next
	return a.Stored ||
		i.Ver == 0 && len(j.Evidence) == 0 ||
		a.Severity > i.Severity ||
		a.LastSeen >= i.LastSeen && a.State.OrFiring() != i.State.OrFiring() ||
		isMilestone(i.Count+1)
}

// Knows says whether the item knows all that an alert says, and that its source has not spoken since.
func (i Item) Knows(a Arrival) bool {
	fresh, over := i.unseen(a.Attrs)
	return len(fresh) == 0 && !over && a.Severity <= i.Severity && a.LastSeen <= i.LastSeen && a.State.OrFiring() == i.State.OrFiring()
}

// isMilestone: people hear of a storm at 10, 100, 1000…
func isMilestone(count int64) bool {
	for count >= 10 && count%10 == 0 {
		count /= 10
	}
	return count == 1
}

// learn takes over what an alert says of the whole incident: the highest severity, the newest state.
func (i *Item) learn(a Arrival) {
	i.Severity = max(i.Severity, a.Severity)
	if a.LastSeen >= i.LastSeen {
		i.State, i.LastSeen = a.State.OrFiring(), a.LastSeen
	}
}

// unseen returns the attributes that the report can still take, and whether it had to leave some out for
// the first time.
func (i Item) unseen(attrs []responder.Attribute) (fresh []responder.Attribute, over bool) {
	taken, size := i.Seen, 0
	for _, a := range attrs {
		h := hashString(a)
		size += jsonSize(a) // of those that were seen too: what is handed out again must have room for all
		if taken.Has(h) {
			continue
		}
		if len(taken) >= MaxAttributes || size > maxTask {
			return fresh, !i.Seen.Has(overflow)
		}
		taken = taken.With(h)
		fresh = append(fresh, a)
	}
	return fresh, false
}

// handOut notes attributes as handed out by an origin, and who is awaited for them. A deadline is set when
// the first is awaited; who joins does not move it.
func (i *Item) handOut(origin string, attrs []responder.Attribute, ids []string, now int64, r Rules) {
	for _, a := range attrs {
		i.Seen = i.Seen.With(hashString(a))
	}
	i.Origins = i.Origins.With(OriginHash(origin))
	if len(ids) == 0 {
		return
	}
	if len(i.Pending) == 0 {
		i.DeadlineAt = max(now+r.ReviewDelay.Milliseconds(), i.DeadlineAt+1)
	}
	for _, id := range ids {
		i.Pending = i.Pending.With(Token(origin, id))
	}
}

// Truncated says that the report had to leave out attributes or alert bodies.
func (i Item) Truncated() bool { return i.Seen.Has(overflow) || i.Bodies > MaxBodies }

// fitting is as many attributes as fit into one task.
func fitting(attrs []responder.Attribute) []responder.Attribute {
	size := 0
	for n, a := range attrs {
		if size += jsonSize(a); size > maxTask || n == MaxAttributes {
			return attrs[:n]
		}
	}
	return attrs
}

func jsonSize(a responder.Attribute) int {
	b, _ := json.Marshal(a) // strings always marshal
	return len(b) + 1
}

func hashString(a responder.Attribute) string {
	h := entity.HashOf(a)
	return string(h[:])
}

// OriginHash is the mark of an origin in Item.Origins.
func OriginHash(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return string(sum[:8])
}
