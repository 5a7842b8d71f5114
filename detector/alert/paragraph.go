package alert

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fluent-detect/fluent-detect/detector/history"
)

// maxParagraph is how many characters a paragraph has at most.
const maxParagraph = 700

// appendParagraph appends a paragraph that tells a person what the alert is about: who
// did what, whether that is usual, and what came before. It is escaped for Slack, and nothing
// that the event says can format it.
func (m *Maker) appendParagraph(dst []byte, c *history.Context) []byte {
	p := paragraph{m: m, b: dst, begin: len(dst)}
	at := time.UnixMilli(m.doc.values[slotEventStart].number).UTC()
	p.say("[", strings.ToUpper(m.rule.Severity.String()), "] ")
	p.data(view(m.rule.Name), 120)
	if m.credit != "" { // of a Sigma rule: see appendAuthor
		p.say(" (rule by ")
		p.data(view(m.credit), 120)
		p.say(")")
	}
	p.say(": ")
	p.who(c)
	if action := m.doc.first(slotEventAction); len(action) > 0 {
		p.say(" ")
		p.data(action, 64)
	}
	p.target()
	p.where()
	if m.doc.values[slotEventStart].kind == aTime {
		p.say(" at ", p.clock(at))
	}
	if outcome := m.doc.first(slotEventOutcome); len(outcome) > 0 {
		p.say(", ")
		p.data(outcome, 16)
	}
	p.say(".")
	if m.rule.Memory != nil && len(m.recalled) > 0 { // the event alone does not say why
		p.say(" ", strings.ToUpper(string(m.recalled[:1])))
		p.data(m.recalled[1:], 200)
		p.say(".")
	}
	p.history(c, at)
	p.from(c)
	p.hours(c)
	p.before(c)
	if c.Instances > 1 {
		p.say(" Same key on ", count(c.Instances, "instance"), ".")
	}
	switch c.State {
	case history.Learning:
		p.say(" Learning since ", c.Since.Format(time.DateOnly), ".")
	case history.Partial:
		p.say(" Complete only since ", c.Since.Format("2006-01-02T15:04:05Z"), ".")
	}
	return p.end()
}

type paragraph struct {
	m     *Maker
	b     []byte
	begin int
}

func (p *paragraph) say(texts ...string) {
	for _, t := range texts {
		p.b = append(p.b, t...)
	}
}

// clock returns a time of day, with the date unless it is that of the alert.
func (p *paragraph) clock(t time.Time) string {
	now := time.UnixMilli(p.m.doc.values[slotTimestamp].number).UTC()
	if now.Format(time.DateOnly) == t.Format(time.DateOnly) {
		return t.Format("15:04:05Z")
	}
	return t.Format("2006-01-02 15:04:05Z")
}

func (p *paragraph) who(c *history.Context) {
	who := p.m.doc.first(slotOCSFActor)
	if len(who) == 0 {
		who = view(c.ActorID)
	}
	if len(who) == 0 {
		who = view("somebody unknown")
	}
	// IAM Identity Center ends the names of its roles with a number.
	if i := bytes.LastIndexByte(who, '_'); bytes.HasPrefix(who, []byte("AWSReservedSSO_")) && i > len("AWSReservedSSO") && len(who)-i == 17 {
		who = who[:i]
	}
	p.data(who, 80)
	if c.AssumedBy != "" {
		p.say(" (via ")
		p.data(view(c.AssumedBy), 100)
		p.say(")")
	}
}

func (p *paragraph) target() {
	d := &p.m.doc
	targets := d.count(slotCloudTargetInstance)
	target := d.first(slotCloudTargetInstance)
	if targets == 0 {
		target = p.m.object
	}
	if len(target) == 0 {
		return
	}
	p.say(" on ")
	p.data(target, 80)
	if targets > 1 {
		p.say(fmt.Sprintf(" and %d more", targets-1))
	}
}

func (p *paragraph) where() {
	region, account := p.m.doc.first(slotCloudRegion), p.m.doc.first(slotCloudAccount)
	if len(region)+len(account) == 0 {
		return
	}
	p.say(" in ")
	p.data(region, 32)
	if len(region) > 0 && len(account) > 0 {
		p.say("/")
	}
	p.data(account, 32)
}

// history tells whether the actor has done it before.
func (p *paragraph) history(c *history.Context, at time.Time) {
	if !c.HasActor {
		return
	}
	since := func(t time.Time) string {
		if t.Format(time.DateOnly) == at.Format(time.DateOnly) {
			return t.Format("15:04:05Z")
		}
		return t.Format(time.DateOnly)
	}
	switch {
	case c.ActorFirst.IsZero():
		p.say(" First call of this actor")
	case c.ActionCount == 0:
		p.say(" First time for this actor, seen since ", since(c.ActorFirst))
	default:
		p.say(" Done ", count(c.ActionCount, "time"), " before by this actor, first ", since(c.ActionFirst), ", last ", since(c.ActionLast))
	}
	if c.ActionBy > 0 {
		p.say("; ", count(c.ActionBy, "other actor"), " in the account did it too")
	}
	p.say(".")
}

// from tells from where it was done, and what of it is new.
func (p *paragraph) from(c *history.Context) {
	d := &p.m.doc
	address, client := d.first(slotSourceAddress), d.first(p.m.fields.slots["user_agent.name"])
	if len(address)+len(client) == 0 {
		return
	}
	p.say(" From ")
	if len(address) == 0 {
		p.say("an unknown address")
	}
	p.data(address, 64)
	country, network := d.first(slotGeoCountry), d.asText(slotASNumber)
	if len(country)+len(network) > 0 {
		p.say(" (")
		p.data(country, 8)
		if len(country) > 0 && len(network) > 0 {
			p.say(", ")
		}
		if len(network) > 0 {
			p.say("AS")
			p.data(network, 12)
			if name := d.first(slotASName); len(name) > 0 {
				p.say(" ")
				p.data(name, 40)
			}
		}
		p.say(")")
	}
	var list []string
	for _, n := range c.New {
		if n != "actor" && n != "action" { // the sentence before says so
			list = append(list, strings.ReplaceAll(n, "_", " "))
		}
	}
	if len(list) > 0 {
		p.say(", new: ", strings.Join(list, ", "))
	}
	if len(client) > 0 {
		p.say("; client ")
		p.data(client, 40)
	}
	p.say(".")
}

func (p *paragraph) hours(c *history.Context) {
	var parts []string
	if c.HasUsual {
		parts = append(parts, map[bool]string{true: "usual hour", false: "unusual hour"}[c.Usual])
	}
	name, isMaintenance := strings.CutPrefix(c.Calendar, "maintenance:")
	switch {
	case isMaintenance:
		parts = append(parts, "maintenance "+name)
	case c.Calendar == "business":
		parts = append(parts, "in business hours")
	case c.Calendar != "":
		parts = append(parts, "outside of business hours")
	}
	if text := strings.Join(parts, ", "); text != "" {
		p.say(" ", strings.ToUpper(text[:1]))
		p.data(view(text[1:]), 100)
		p.say(".")
	}
}

// maxNotable is how many notable actions a paragraph names.
const maxNotable = 5

func (p *paragraph) before(c *history.Context) {
	if !c.HasBefore && c.Others == 0 {
		return
	}
	p.say(" Before (15 min): ")
	if c.HasBefore {
		p.say(count(c.Before.Events, "call"))
	} else {
		p.say("calls unknown")
	}
	if c.Before.Failures > 0 {
		p.say(", ", strconv.Itoa(c.Before.Failures), " failed")
	}
	if list := c.Before.Notable; len(list) > 0 {
		p.say("; notable: ")
		p.data(view(strings.Join(list[:min(len(list), maxNotable)], ", ")), 250)
		if more := len(list) - maxNotable; more > 0 {
			p.say(fmt.Sprintf(" and %d more", more))
		}
	}
	if c.Others > 0 {
		p.say("; ", strconv.Itoa(c.Others), " by others here")
	}
	p.say(".")
}

// count returns "1 call", or "2 calls".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// data adds a text that the event says, of at most so many characters.
func (p *paragraph) data(text []byte, limit int) {
	n := 0
	word := false // the character before is one of a word
	for i := 0; i < len(text); n++ {
		if n == limit {
			p.say("…")
			return
		}
		r, size := utf8.DecodeRune(text[i:])
		rest := text[i+size:]
		i += size
		next, _ := utf8.DecodeRune(rest)
		switch {
		case r == '&':
			p.say("&amp;")
		case r == '<':
			p.say("&lt;")
		case r == '>':
			p.say("&gt;")
		case r == '*':
			p.say("∗")
		case r == '~':
			p.say("∼")
		case r == '`':
			p.say("'")
		case r == '_' && (!word || len(rest) == 0 || !isWord(next)): // it would begin or end what is in italics
			p.say("ˍ")
		case r == ':' && bytes.HasPrefix(rest, []byte("//")): // it would be a link
			p.say(":∕∕")
			i += 2
		case !isPlain(r, size):
			p.say(" ")
		default:
			p.b = utf8.AppendRune(p.b, r)
		}
		word = isWord(r)
	}
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// end returns the paragraph, cut if it is too long: not in the middle of an escape.
func (p *paragraph) end() []byte {
	text := p.b[p.begin:]
	n, last := 0, 0
	for i := 0; i < len(text); n++ {
		if n == maxParagraph-1 {
			last = i
		}
		_, size := utf8.DecodeRune(text[i:])
		i += size
	}
	if n <= maxParagraph {
		return p.b
	}
	text = text[:last]
	if i := bytes.LastIndexByte(text, '&'); i >= 0 && bytes.IndexByte(text[i:], ';') < 0 {
		text = text[:i]
	}
	return append(p.b[:p.begin+len(text)], "…"...)
}
