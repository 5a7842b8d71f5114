package ruleset

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/spelling"
)

// knownTexts are the texts that members of CloudTrail's records have, of those that have few.
var knownTexts = map[string][]string{
	"eventCategory":   {"Management", "Data", "NetworkActivity", "Insight"},
	"eventType":       {"AwsApiCall", "AwsServiceEvent", "AwsConsoleAction", "AwsConsoleSignIn", "AwsVpceEvent", "AwsCloudTrailInsight"},
	"managementEvent": {"true", "false"},
	"readOnly":        {"true", "false"},
	"userIdentity.type": {
		"Root", "IAMUser", "AssumedRole", "Role", "FederatedUser", "Directory", "AWSAccount", "AWSService", "IdentityCenterUser", "SAMLUser",
		"WebIdentityUser", "Unknown",
	},
}

// timeUnits are the parts of a time with the least and the largest number that each can be.
var timeUnits = map[query.TimeUnit]struct {
	name     string
	from, to float64
}{
	query.Minute: {"minutes", 0, 59}, query.Hour: {"hours", 0, 23}, query.Day: {"days", 1, 31}, query.Week: {"weeks", 1, 53}, query.Month: {"months", 1, 12},
}

// value warns of a comparison with a value that the member cannot have. The text is that of a
// value without wildcards.
func (l *sigmaLint) value(n *query.Compare, text string, isText bool) {
	name := n.Field.Name
	if unit, ok := timeUnits[n.Value.Part]; ok && n.Value.Kind == query.TimePart && n.Op == query.Is {
		if number, err := strconv.ParseFloat(n.Value.Text, 64); err == nil && (number < unit.from || number > unit.to) {
			l.warn(n.At, "%s of a time are from %v to %v, so a comparison with %s never holds", unit.name, unit.from, unit.to, n.Value.Text)
		}
		return
	}
	if n.Op != query.Is || !isText && n.Value.Kind != query.Number || n.Value.Text == "" {
		return
	}
	known := knownTexts[name]
	switch {
	case known != nil:
		if !slices.ContainsFunc(known, func(one string) bool { return strings.EqualFold(one, n.Value.Text) }) {
			l.warn(n.At, "%s is not known to be %s in any record%s", name, n.Value.Text, spelling.Suggest(n.Value.Text, known))
		}
	case isARN(name) && isText && !l.raw.IsKnown(text) && !strings.HasPrefix(strings.ToLower(text), "arn:"):
		l.warn(n.At, "%s: %s is not an ARN: these begin with arn:", name, text)
	}
}
