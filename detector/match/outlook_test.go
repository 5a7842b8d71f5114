package match

import (
	"strings"
	"testing"
)

// cloudTrail is the place of CloudTrail among the sources.
const cloudTrail = 0

// describe returns an outlook as text: "never", then what makes the program match
// fewer events, and behind a bar what makes it match more.
func (o Outlook) describe() string {
	list := func(lacks []Lack) string {
		var names []string
		for _, l := range lacks {
			name := l.Field
			switch {
			case l.Never != "":
				name += "!=" + l.Never
			case l.Constant != nil:
				name += "=" + string(l.Constant[0].Bytes())
			}
			names = append(names, name)
		}
		return strings.Join(names, " ")
	}
	text := list(o.Fewer) + "|" + list(o.More)
	if o.Never {
		text = "never " + text
	}
	return text
}

// What a rule can match of CloudTrail's events is told without one.
func TestOutlook(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{`event.action: x and source.ip: * and aws.cloudtrail.flattened.request_parameters.any.thing: y`, "|"},
		{`event.category: iam and related.entity: x and entity.target.id: y`, "|"},
		{`event.action: x and source.geo.country_name: y`, "never source.geo.country_name|"},
		{`event.action: x and not source.geo.country_name: y`, "|source.geo.country_name"},
		{`event.action: x and not (source.as.number > 5 and user.name: y)`, "|source.as.number"},
		{`event.action: x and not (source.as.number > 5 or user.name: y)`, "|source.as.number"},
		{`event.action: x or source.as.number > 5`, "source.as.number|"},
		{`not (not source.as.number > 5)`, "never source.as.number|"},
		{`(source.geo.city_name: x and not source.as.number > 5) or event.action: y`, "source.geo.city_name|"},
		{`source.*: * and source.geo.*: x`, "never source.geo.*|"},
		{`source: * and user: * and container: *`, "never container|"},
		{`alice and *`, "|"},
		{`threat.enrichments: { indicator.ip: 10.0.0.1 }`, "never threat.enrichments|"},
		{`aws.cloudtrail.request_parameters.instanceId: x`, "never aws.cloudtrail.request_parameters.instanceId|"},
		{`aws.cloudtrail.resources.ARNPrefix: x and aws.cloudtrail.resources.other: y`, "|"},
		{`aws.cloudtrail.resources.ARN: x`, "never aws.cloudtrail.resources.ARN|"},
		{`event.dataset: aws.cloudtrail and event.action: x`, "|"},
		{`event.dataset: (aws.cloudtrail or okta.system) and event.action: x`, "|"},
		{`event.dataset: okta.system and event.action: x`, "never event.dataset=aws.cloudtrail|"},
		{`not event.dataset: aws.cloudtrail`, "never event.dataset=aws.cloudtrail|"},
		{`not event.dataset: okta.system`, "|"},
		{`aws.cloudtrail.event_category: Insight and event.action: x`, "never aws.cloudtrail.event_category!=Insight|"},
		{`aws.cloudtrail.event_category: (Insight or Data)`, "|"},
		{`not aws.cloudtrail.event_category: Insight`, "|"},
	} {
		p, err := compileKQL(c.query, ecs)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := p.Outlook(cloudTrail).describe(); got != c.want {
			t.Errorf("%s\n got %q\nwant %q", c.query, got, c.want)
		}
	}
}

// A way to match is found if there is one, whatever stands beside it.
func TestWay(t *testing.T) {
	for _, c := range []struct{ query, passing, want string }{
		{`user.name: a`, "user.name: a", "user.name: a"},
		{`user.name: a`, "", "none"},
		{`user.name: a and source.ip: 10.0.0.1`, "user.name: a", "none"},
		{`user.name: a or source.ip: 10.0.0.1`, "user.name: a", "user.name: a"},
		{`user.name: a and (user.id: b or user.email: c)`, "user.name: a, user.email: c", "user.name: a, user.email: c"},
		{`user.name: a and not user.id: b`, "user.name: a, not user.id: b", "user.name: a, not user.id: b"},
		{`not (user.name: a and user.id: b)`, "not user.id: b", "not user.id: b"},
		{`not (user.name: a or user.id: b)`, "not user.id: b", "none"},
		{`user.name: a and event.dataset: aws.cloudtrail`, "user.name: a", "user.name: a"},
		{`user.name: a and source.as.number: 5`, "user.name: a", "none"},
		{`user.name: a and not source.as.number: 5`, "user.name: a", "user.name: a"},
		{`event.kind: event`, "", ""},
	} {
		p, err := compileKQL(c.query, ecs)
		if err != nil {
			t.Error(err)
			continue
		}
		text := func(c *Condition, wanted bool) string {
			if !wanted {
				return "not " + c.String()
			}
			return c.String()
		}
		way, ok := p.Way(cloudTrail, func(cond *Condition, wanted bool) bool {
			return strings.Contains(", "+c.passing+",", ", "+text(cond, wanted)+",")
		})
		var got []string
		for _, r := range way {
			got = append(got, text(r.Condition, r.Wanted))
		}
		if !ok {
			got = []string{"none"}
		}
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("%s with %q\n got %q\nwant %q", c.query, c.passing, got, c.want)
		}
	}
}

func TestRequires(t *testing.T) {
	const rule = `event.provider: s and event.action: (A or B) and aws.cloudtrail.user_identity.type: Root and source.ip: 10.0.0.0/8
		and (user.name: x or user.name: y*) and not user.id: z`
	for _, c := range []struct {
		condition string
		want      bool
	}{
		{`event.action: B`, true},
		{`event.action: (B or C)`, true},
		{`event.action: C`, false},
		{`aws.cloudtrail.user_identity.type: R*`, true},
		{`source.ip: 10.0.0.0/8`, true},
		{`source.ip: 10.0.0.1`, false},
		{`user.name: x`, false},
		{`not user.id: z`, true},
		{`user.id: z`, false},
	} {
		program, err := compileKQL(rule, ecs)
		if err != nil {
			t.Fatal(err)
		}
		other, err := compileKQL(c.condition, ecs)
		if err != nil {
			t.Fatal(err)
		}
		if got := program.Requires(&other.Conditions()[0], !strings.HasPrefix(c.condition, "not ")); got != c.want {
			t.Errorf("%s: %v, want %v", c.condition, got, c.want)
		}
	}
}
