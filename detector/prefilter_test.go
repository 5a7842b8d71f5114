package detector

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/envelope"
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/literal"
	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
	"github.com/fluent-detect/fluent-detect/detector/msgpack/msgpacktest"
	"github.com/fluent-detect/fluent-detect/detector/rule"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/source"
)

// many are quiet events, enough to be prefiltered.
var many = slices.Repeat([]string{quiet}, 2*minPrefiltered/len(quiet))

// A chunk in which nothing can match is not read, but its records are counted,
// and the last one tells when the events were. One match anywhere, in any form,
// is enough for all to be read.
func TestPrefilter(t *testing.T) {
	n := uint64(len(many))
	match := pushes(0, 1)[0]
	for name, wrap := range envelopes {
		for where, at := range map[string]int{"first": 0, "in the middle": len(many) / 2, "last": len(many)} {
			t.Run(name+"/"+where, func(t *testing.T) {
				b := newBench(t)
				b.mustScan(slices.Insert(slices.Clone(many), at, wrap([]string{match})...)...)
				b.wantAlerts(1)
				if s := b.engine.Report(); s.Records != n+1 || s.Skipped != 0 || s.Events != n+1 {
					t.Errorf("%d records, %d skipped, %d events, of %d", s.Records, s.Skipped, s.Events, n+1)
				}
			})
		}
	}

	b := newBench(t)
	b.mustScan(many...)
	s := b.engine.Report()
	if s.Records != n || s.Skipped != n-1 || s.Shapes[envelope.Raw] != 1 || s.Events != 1 || s.LastEvent.IsZero() || s.LastArrival.IsZero() {
		t.Errorf("a chunk without a match: %+v", s)
	}
	chunk := chunkOf(t, many...)
	if a := testing.AllocsPerRun(10, func() { _, _ = b.engine.Scan("t", chunk) }); a != 0 && !msgpacktest.RaceDetector {
		t.Errorf("%v allocations to skip a chunk", a)
	}
}

// What an operator should know is reported all the same.
func TestSkippedChunksHideNothing(t *testing.T) {
	n := uint64(len(many))

	b := newBench(t)
	chunk := chunkOf(t, many...)
	var broken *ScanError
	if _, err := b.engine.Scan("t", chunk[:len(chunk)-1]); !errors.As(err, &broken) || broken.Records != len(many)-1 {
		t.Errorf("a chunk that is cut off: %v", err)
	}

	b = newBench(t)
	cut := `{"log":` + quoteJSON(quiet[:len(quiet)-10]) + `}`
	b.mustScan(slices.Repeat([]string{cut}, len(many))...)
	if s := b.engine.Report(); s.Unreadable != n || s.Skipped != 0 {
		t.Errorf("events that are cut off: %d unreadable, %d skipped", s.Unreadable, s.Skipped)
	}

	b = newBench(t)
	old := msgpacktest.OldEvent(t, msgpacktest.JSON(quiet))
	if _, err := b.engine.Scan("t", slices.Repeat(old, len(many))); err != nil {
		t.Fatal(err)
	}
	if s := b.engine.Report(); s.Records != n || s.Skipped != 0 {
		t.Errorf("records in the older format: %d of %d, %d skipped", s.Records, n, s.Skipped)
	}
}

// Where most chunks hold something, few are searched. A source that falls quiet is
// noticed all the same.
func TestSearchesPause(t *testing.T) {
	b := newBench(t, "max_alerts", "0")
	with, without := chunkOf(t, append(slices.Clone(many), pushes(0, 1)...)...), chunkOf(t, many...)
	s := b.engine.scanners.New().(*scanner)
	searches := func(chunk []byte, times int) (n int) {
		t.Helper()
		for range times {
			if s.prefilter.pause == 0 {
				n++
			}
			if _, err := s.scan("t", chunk); err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	if n := searches(with, 200); n < 5 || n > 12 {
		t.Errorf("%d of 200 chunks were searched in vain", n)
	}
	before := b.engine.Report().Skipped
	searches(without, maxPause+10)
	if got, least := b.engine.Report().Skipped-before, uint64(9*(len(many)-1)); got < least {
		t.Errorf("%d records were skipped after it fell quiet, want %d at least", got, least)
	}
}

// Rules of which some match without a text of their own, and more rules than a
// prefilter is faster for, let every chunk be read.
func TestWhatIsPrefiltered(t *testing.T) {
	for _, c := range []struct {
		queries []string
		texts   string // none: no prefilter
	}{
		{[]string{`event.provider: kms.amazonaws.com and event.action: GenerateDataKey`}, "kms.amazonaws.com"},
		{[]string{`event.action: (CreateUser or DeleteUser) and event.outcome: success`}, "CreateUser DeleteUser"},
		{[]string{`event.provider: iam.amazonaws.com`, `user.name: BedrockAPIKey-*`}, "BedrockAPIKey- iam.amazonaws.com"},
		{[]string{`not event.outcome: failure and event.action: Delete*Trail*`}, "Delete"},
		{[]string{`event.action: "C:\\Windows\\System32"`}, "System32"},
		{[]string{`event.action: "Put\"Object\"Now"`}, "Object"},

		{[]string{`event.action: Create*`, `event.outcome: failure`}, ""},
		{[]string{`event.dataset: aws.cloudtrail`}, ""},                    // in no event
		{[]string{`not event.action: CreateUser`}, ""},                     // of all the others
		{[]string{`event.action: CreateUser or user.name: *`}, ""},         //
		{[]string{`event.action: 1234567`}, ""},                            // may be a number
		{[]string{`event.action: true`}, ""},                               // may be a truth
		{[]string{`event.action: Löschen`}, "schen"},                       // JSON may escape the rest
		{[]string{`event.action: ök`}, ""},                                 //
		{[]string{`aws.cloudtrail.request_parameters: *key=value*`}, ""},   // is put together
		{[]string{`tls.version_protocol: something`}, ""},                  // is changed
		{[]string{`aws.cloudtrail.flattened.request_parameters: Kg*`}, ""}, // too short
	} {
		t.Run(strings.Join(c.queries, ", "), func(t *testing.T) {
			var programs []*match.Program
			for _, q := range c.queries {
				p, err := ruleset.DefaultLoader().Compile(rule.Query{Language: "kuery", Text: q})
				if err != nil {
					t.Fatal(err)
				}
				programs = append(programs, p)
			}
			texts, ok := match.NewSet(programs, ruleset.DefaultLoader().Mapping()).Literals()
			if got := strings.Trim(fmt.Sprint(texts), "[]"); got != c.texts || ok != (c.texts != "") {
				t.Errorf("%q, %v; want %q", got, ok, c.texts)
			}
		})
	}
	if newBench(t).engine.texts == nil || newBench(t, "self_test", "1h").engine.texts == nil {
		t.Error("the built-in rule has no prefilter")
	}
}

// prefiltered are queries that the prefilter works for, of different kinds.
var prefiltered = []string{
	`event.provider: ec2-instance-connect.amazonaws.com and event.action: (SendSSHPublicKey or SendSerialConsoleSSHPublicKey) and event.outcome: success`,
	`event.action: (CreateUser or DeleteTrail)`,
	`event.action: Send*Key`,
	`user.name: alic*e`,
	`source.address: *compute.example and user_agent.original: "aws/cli*"`,
	`aws.cloudtrail.flattened.request_parameters.instanceId: i-0abc*`,
	`aws.cloudtrail.flattened.request_parameters: (*publickey* or Kilo*)`,
	`aws.cloudtrail.user_identity.arn: *\\path* or cloud.service.name: ec2-instance-*`,
	`cloud.account.id: acme-1111* or aws.cloudtrail.resources.type: AWS\:\:S3\:\:Object`,
	`event.id: BuildServer or cloud.region: "eu-west-1"`,
}

// Whatever a chunk is, what the prefilter skips does not match when it is read.
func FuzzPrefilter(f *testing.F) {
	one := `{"eventVersion":"1.08","eventSource":"ec2-instance-connect.amazonaws.com","eventName":"SendSSHPublicKey","eventID":"e","sourceIPAddress":"x.compute.example",` +
		`"userAgent":"aws/cli x","userIdentity":{"type":"IAMUser","userName":"alice","arn":"a:\\path","accountId":"acme-11112"},` +
		`"requestParameters":{"instanceId":"i-0abc4","a":["publickey","Kilos"]},"resources":[{"type":"AWS::S3::Object"}]}`
	for _, wrap := range envelopes {
		for _, event := range []string{one, quiet} {
			f.Add(chunkOf(f, wrap([]string{event})...))
		}
	}
	f.Add(chunkOf(f, `{"event":{"provider":"ec2-instance-connect.amazonaws.com","action":["SendSSHPublicKey"],"outcome":"success"},"user.name":"alice"}`))
	f.Add(chunkOf(f, `{"log":`+quoteJSON(strings.ReplaceAll(one, "Send", `S\u0065nd`))+`}`))

	type subject struct {
		query string
		set   *match.Set
		texts *literal.Set
	}
	var subjects []subject
	for _, q := range prefiltered {
		p, err := ruleset.DefaultLoader().Compile(rule.Query{Language: "kuery", Text: q})
		if err != nil {
			f.Fatal(err)
		}
		set := match.NewSet([]*match.Program{p}, ruleset.DefaultLoader().Mapping())
		texts, ok := set.Literals()
		if !ok {
			f.Fatalf("%s has no texts", q)
		}
		subjects = append(subjects, subject{q, set, literal.NewSet(append(texts, literal.Exact(envelope.Escapes...)...))})
	}
	f.Fuzz(func(t *testing.T, chunk []byte) {
		var matched map[int]string
		var scratch match.Scratch
		reader := envelope.NewReader(source.Schema(), func(e *event.Event) {
			for i, s := range subjects {
				if len(s.set.Match(e, &scratch)) > 0 {
					if matched == nil {
						matched = map[int]string{}
					}
					matched[i] = fmt.Sprint(envelope.ShapeOf(e))
				}
			}
		})
		cursor := msgpack.NewCursor(chunk)
		for {
			var head msgpack.Head
			if ok, err := cursor.Next(&head); !ok || err != nil {
				break
			}
			if head.Item != msgpack.Record {
				continue
			}
			end, _, err := reader.Read(chunk, head.Body)
			if err != nil {
				break
			}
			cursor.Resume(end)
		}
		for i, shape := range matched {
			if !subjects[i].texts.AnyIn(chunk) {
				t.Errorf("an event in the form %s that matches %s would be skipped", shape, subjects[i].query)
			}
		}
	})
}
