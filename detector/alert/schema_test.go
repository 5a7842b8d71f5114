package alert

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/source"
)

// testFields are those of alerts about the sources that are built in.
var testFields = NewFields(source.Schema())

func idFor(ruleID string, e *event.Event) ID { return testFields.IDOf(ruleID, e) }

func subjectOf(e *event.Event) *event.Subject {
	s := new(event.Subject)
	testFields.schema.Describe(e, s)
	return s
}

// printEd25519 is the fingerprint of the key in the test events.
const printEd25519 = "SHA256:xDGoKZ0Bq53jb7HoSfaWvgceZHP5kGq74dHyDijOddQ"
