package alert

import "github.com/fluent-detect/fluent-detect/detector/history"

// contextualize adds what is known about the event's actor. What is not known is absent,
// and not false.
func (m *Maker) contextualize(c *history.Context) {
	d := &m.doc
	d.setString(slotContextActor, clipped(c.ActorID))
	d.setString(slotContextAssumedBy, c.AssumedBy)
	if c.HasActor {
		d.setTime(slotContextActorFirst, c.ActorFirst)
		d.setInt(slotContextActorEvents, int64(c.ActorEvents))
		d.setTime(slotContextActionFirst, c.ActionFirst)
		d.setTime(slotContextActionLast, c.ActionLast)
		d.setInt(slotContextActionCount, int64(c.ActionCount))
		d.put(slotContextNew, value{kind: aList, list: m.views(c.New)})
	}
	if c.HasOthers {
		d.setInt(slotContextActionActors, int64(c.ActionBy))
	}
	if c.HasAddress {
		d.setInt(slotContextAddressActors, int64(c.AddressBy))
	}
	if c.HasUsual {
		d.setBool(slotContextUsual, c.Usual)
	}
	d.setString(slotContextCalendar, c.Calendar)
	if c.HasBefore {
		d.setInt(slotContextBeforeEvents, int64(c.Before.Events))
		d.setInt(slotContextBeforeFailures, int64(c.Before.Failures))
		d.put(slotContextBeforeActions, value{kind: aList, list: m.views(c.Before.Actions)})
		d.put(slotContextBeforeNotable, value{kind: aList, list: m.views(c.Before.Notable)})
	}
	if c.HasAddress {
		d.setInt(slotContextBeforeOthers, int64(c.Others))
	}
	if c.Instances > 0 {
		d.setInt(slotContextInstances, int64(c.Instances))
	}
	d.setString(slotContextState, c.State)
	d.setTime(slotContextSince, c.Since)
	m.paragraph = m.appendParagraph(m.paragraph[:0], c)
	d.set(slotContextSummary, m.paragraph)
}

// clipped returns a text of at most as many bytes as a field has.
func clipped(text string) string { return text[:min(len(text), maxText)] }
