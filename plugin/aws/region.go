package aws

import (
	"context"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/intake/layout"
)

// region is the objects of an account in a region, in a folder whose keys are in the order
// of their times. They are listed in passes. A full pass begins at the position; a quick one
// later, since most objects that are new have a new name too. What was read behind the
// position is known by its keys.
//
// Objects come out of order. So the position follows at a distance, and what comes late by
// less than that is found.
type region struct {
	folder string
	days   string // what the key of an object of the days must be before, or empty

	// Only the goroutine that lists uses these.
	cursor   string // the last key of the pass; empty: there is no pass
	full     bool   // the pass began at the position
	fullDue  time.Time
	due      time.Time // when the next page is to be listed
	lastNew  time.Time
	complete bool // all days were read

	// The bucket's lock protects these.
	after   string // the position, as it is stored
	from    string // the first day that was asked for
	settled string // all objects up to this key were found
	stored  bool
}

// open returns a region with its position.
func (b *Bucket) open(folder string) *region {
	r := &region{folder: folder}
	if !b.From.IsZero() {
		r.from = layout.Day(b.From)
	}
	if !b.Until.IsZero() {
		r.days = folder + layout.Day(b.Until.AddDate(0, 0, 1))
	}
	r.after = folder + r.from
	at, ok := b.Positions.get(b.positions(), folder)
	switch {
	case !ok:
	case at.From != "" && r.from < at.From:
		b.Log.Warnf("state_path: %s was read from %s on, which is later than what from is now: it is read again from there", nameOfObject(b.Name, folder), at.From)
	case at.After < r.after: // days are left out
	default:
		r.after, r.from, r.stored = at.After, at.From, true
	}
	return r
}

// turn lists some pages of a region.
func (b *Bucket) turn(ctx context.Context, r *region) {
	if r.cursor == "" {
		b.begin(r, time.Now())
	}
	for range pagesPerTurn {
		b.Listing.Requests.Add(1)
		objects, more, err := b.lister.after(ctx, r.folder, r.cursor)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			b.failed(err)
			r.due = time.Now().Add(b.timing.retry)
			return
		}
		if !b.page(ctx, r, objects) {
			more = false
		}
		if ctx.Err() != nil {
			return
		}
		if !more {
			b.end(r, time.Now())
			return
		}
	}
	r.due = time.Now()
}

// begin begins a pass.
func (b *Bucket) begin(r *region, now time.Time) {
	b.mu.Lock()
	r.cursor = r.after
	b.mu.Unlock()
	r.full = !now.Before(r.fullDue)
	if !r.full {
		r.cursor = max(r.cursor, layout.After(r.folder, now.Add(-b.quickBack)))
	}
}

// end ends a pass.
func (b *Bucket) end(r *region, now time.Time) {
	r.cursor = ""
	r.due = now.Add(b.poll)
	if now.Sub(r.lastNew) > b.quietAfter {
		r.due = now.Add(b.quietPoll)
	}
	if r.full && b.Once {
		r.complete = true
	} else if r.full {
		r.fullDue = now.Add(b.listTiming.full)
		r.complete = !b.Until.IsZero() && now.Sub(b.Until.AddDate(0, 0, 1)) > b.lookBack
	}
}

// page has the new objects of a page read. It reports false if the rest is of other days.
func (b *Bucket) page(ctx context.Context, r *region, objects []listed) bool {
	known := b.known(objects)
	for _, o := range objects {
		if r.days != "" && o.key >= r.days {
			return false
		}
		at, isDay := layout.Time(o.key[len(r.folder):])
		i := &item{tries: tries{object: Object{Bucket: b.Name, Key: o.key, Size: o.size}}, region: r, modified: o.modified, before: r.cursor}
		r.cursor = o.key
		isNew := !known[o.key]
		b.mu.Lock()
		switch {
		case isNew && isDay:
			b.items[o.key] = i
		case isNew: // in no day's folder
			b.Stats.Count(intake.Skipped)
			b.confirmed[o.key] = r
		}
		if r.full && isDay && time.Since(at) >= b.lookBack {
			r.settled = o.key
		}
		b.mu.Unlock()
		if isNew && isDay {
			r.lastNew = time.Now()
			b.Listing.Found.Add(1)
			b.offer(ctx, i)
		}
		if ctx.Err() != nil {
			return false
		}
	}
	return true
}

// known returns the keys of objects that were found before.
func (b *Bucket) known(objects []listed) map[string]bool {
	known := map[string]bool{}
	var rest []string
	b.mu.Lock()
	for _, o := range objects {
		if b.items[o.key] != nil || b.confirmed[o.key] != nil {
			known[o.key] = true
		} else {
			rest = append(rest, o.key)
		}
	}
	b.mu.Unlock()
	if err := b.Positions.known(b.positions(), rest, func(key string) { known[key] = true }); err != nil {
		b.slow.Errorf("state_path: %v; objects may be read again", err)
	}
	return known
}
