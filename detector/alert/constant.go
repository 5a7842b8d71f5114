package alert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// constants collects fields that are the same in each document of a rule.
type constants struct {
	w    writer
	list []constantField
}

// tree is a map with its members in order, for constants that are not plain
// values.
type tree []branch

type branch struct {
	key   string
	value any // string, int, float64, bool, []string, tree, []tree
}

// set adds a field, unless it is an empty text or list.
func (c *constants) set(name string, v any) {
	if !isEmpty(v) {
		c.keep(name, v)
	}
}

// keep adds a field, empty or not.
func (c *constants) keep(name string, v any) {
	c.w.begin(nil)
	c.encode(v)
	c.list = append(c.list, constantField{name, c.w.end()})
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	case []tree:
		return len(v) == 0
	case tree:
		return !slices.ContainsFunc(v, func(b branch) bool { return !isEmpty(b.value) })
	}
	return false
}

func (c *constants) encode(v any) {
	switch v := v.(type) {
	case string:
		c.w.string(clean([]byte(v)))
	case int:
		c.w.out = msgpack.AppendInt(c.w.out, int64(v))
	case float64:
		c.w.out = msgpack.AppendFloat(c.w.out, v)
	case bool:
		c.w.out = msgpack.AppendBool(c.w.out, v)
	case []string:
		c.w.out = msgpack.AppendArrayHeader(c.w.out, len(v))
		for _, s := range v {
			c.encode(s)
		}
	case []tree:
		c.w.out = msgpack.AppendArrayHeader(c.w.out, len(v))
		for _, t := range v {
			c.encode(t)
		}
	case tree:
		v = slices.DeleteFunc(slices.Clone(v), func(b branch) bool { return isEmpty(b.value) })
		c.w.out = msgpack.AppendMapHeader(c.w.out, len(v))
		for _, b := range v {
			c.w.string([]byte(b.key))
			c.encode(b.value)
		}
	default:
		panic(fmt.Sprintf("alert: a constant cannot be a %T", v))
	}
}

// commonConstants are the constants of every format, by their names in ECS form.
func commonConstants(r *rule.Rule, o Observer) []constantField {
	c := constants{}
	c.set("alert_rule", r.Slug())
	c.set("alert_severity", r.Severity.String())
	c.set("ecs.version", ecsVersion)
	c.set("message", r.Name)
	c.set("tags", append([]string{vendor}, r.Tags...))
	c.set("data_stream.type", "logs")
	c.set("data_stream.dataset", Dataset)
	c.set("data_stream.namespace", "default")
	c.set("event.kind", "alert")
	c.set("event.category", []string{"intrusion_detection"})
	c.set("event.type", []string{"info"})
	c.set("event.module", "fluent_detect")
	c.set("event.dataset", Dataset)
	c.set("event.severity", int(r.Severity))
	c.set("event.risk_score", float64(r.RiskScore))
	c.set("observer.vendor", vendor)
	c.set("observer.product", vendor)
	c.set("observer.type", "detector")
	c.set("observer.version", o.Version)
	c.set("observer.hostname", o.Hostname)
	c.set("fluent_detect.schema", schemaVersion)
	c.set("fluent_detect.rule.sha256", r.Source.SHA256)
	c.set("rule.id", r.ID)
	c.set("rule.name", r.Name)
	c.set("rule.version", strconv.Itoa(r.Version))
	c.set("rule.author", r.Author)
	c.set("rule.license", r.License)
	c.set("rule.description", r.Description)
	c.set("rule.ruleset", r.Source.Ruleset)
	if len(r.References) > 0 {
		c.set("rule.reference", r.References[0])
	}
	c.threat(r.Threat)
	c.sigma(r)
	return c.list
}

// sigma adds what only Sigma rules have.
func (c *constants) sigma(r *rule.Rule) {
	if r.Sigma == nil {
		return
	}
	c.set("fluent_detect.rule.level", r.Sigma.Level.String())
	c.set("fluent_detect.rule.status", r.Sigma.Status)
	c.set("fluent_detect.rule.references", r.References)
	c.set("fluent_detect.rule.false_positives", r.FalsePositives)
	c.set("threat.group.id", r.Sigma.Groups)
	c.set("threat.software.id", r.Sigma.Software)
}

// threat adds the rule's ATT&CK mapping as ECS has it: lists side by side.
func (c *constants) threat(threats []rule.Threat) {
	var framework string
	var tactic, technique, subtechnique threatList
	for _, t := range threats {
		if framework == "" {
			framework = t.Framework
		}
		tactic.add(t.Tactic.ID, t.Tactic.Name, t.Tactic.Reference)
		for _, x := range t.Technique {
			technique.add(x.ID, x.Name, x.Reference)
			for _, sub := range x.Subtechnique {
				subtechnique.add(sub.ID, sub.Name, sub.Reference)
			}
		}
	}
	c.set("threat.framework", framework)
	for name, l := range map[string]threatList{
		"threat.tactic": tactic, "threat.technique": technique, "threat.technique.subtechnique": subtechnique,
	} {
		c.set(name+".id", l.id)
		c.set(name+".name", l.name)
		c.set(name+".reference", l.reference)
	}
}

type threatList struct{ id, name, reference []string }

func (l *threatList) add(id, name, reference string) {
	if id == "" || slices.Contains(l.id, id) {
		return
	}
	l.id = append(l.id, id)
	l.reference = append(l.reference, reference)
	if name != "" { // tags of Sigma rules have none
		l.name = append(l.name, name)
	}
}

// title returns the word with a capital letter.
func title(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}
