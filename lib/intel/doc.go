// Package intel is the kit for inspectors that ask a service over HTTP.
//
// in → out: a question about one attribute → the service's answer, from the cache where it is fresh, within the quota of
// the key; or an error that says when to ask again.
//
// A [Client] speaks to one service. It has time-outs, caps what it reads, follows no redirect, never puts the key into an
// error, and makes of each answer one of: found; nothing found (404); an error to try again ([ErrUnavailable]), after a wait
// ([ErrQuota], marked by responder.RetryAfter), or never ([ErrKey], [ErrRefused], marked by responder.Permanent).
//
// A [Quota] is one for all functions that ask with a key: they never ask for more than its limits, and who has to wait is
// told when it is his turn. [ReadUsage] says what was used of it.
//
// What must not leave the organization is told by [Own.Withhold]: a page of outcome skipped, whose title says why, is the
// answer then. URLs are sent as [SendableURL] gives them. What a service says is hostile: [Clean] makes texts of it that
// can be shown.
package intel
