package ecs

import (
	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// identity names what tells a document from all others. Not every data set has IDs that are
// unique: a report of Google Workspace has several events with one.
var identity = [][]string{
	{"data_stream.dataset", "event.dataset"}, {"cloud.account.id", "organization.id"}, {"event.provider"}, {"event.action"}, {"@timestamp"},
	{"user.id", "user.name", "user.email"}, {"source.ip", "source.address", "client.ip"}, {"event.id"},
}

// What describe asks for.
const (
	askName = iota
	askEmail
	askID
)

var asks = []string{askName: "user.name", askEmail: "user.email", askID: "user.id"}

// describe names who has done it: by name, or else by address or ID. An ID cannot be chosen.
func describe(_ *event.Event, asked [][]msgpack.Value, s *event.Subject) {
	s.Actor = first(asked[askName], asked[askEmail], asked[askID])
	s.Principal = first(asked[askID], asked[askName], asked[askEmail])
}

// first returns the first text of the first list that has one.
func first(lists ...[]msgpack.Value) []byte {
	for _, values := range lists {
		if len(values) > 0 && len(values[0].Bytes()) > 0 {
			return values[0].Bytes()
		}
	}
	return nil
}

// blocks are the objects in which Elastic's integrations keep what ECS has no fields for.
// What Kubernetes and CloudTrail have there is in the tables of their own sources.
var blocks = []string{
	"azure", "gcp", "github", "google_workspace", "o365", "okta",
	"auth0", "cisco_duo", "cloudflare_logpush", "crowdstrike", "entityanalytics_entra_id", "gitlab", "m365_defender", "onepassword", "sentinel_one", "slack", "zoom",
}

// closed is how many of the blocks, the first ones, nothing is looked for in.
const closed = 6
