package match

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// upstreamVariable names a checkout of elastic/detection-rules. The rules are
// Elastic's and are not here.
const upstreamVariable = "DETECTION_RULES"

// upstreamQueries returns the queries in KQL of the rules in a folder of the
// checkout, of one type or of all, or nil when there is no checkout.
func upstreamQueries(t testing.TB, folder, ofType string) (queries []string) {
	t.Helper()
	root := os.Getenv(upstreamVariable)
	if root == "" {
		return nil
	}
	err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".toml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var file struct {
			Rule struct{ Type, Language, Query string }
		}
		if err := toml.Unmarshal(data, &file); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if file.Rule.Language == "kuery" && (ofType == "" || file.Rule.Type == ofType) {
			queries = append(queries, file.Rule.Query)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(queries) == 0 {
		t.Fatalf("no rules in KQL in %s of %s=%s", folder, upstreamVariable, root)
	}
	return queries
}

// Every KQL query of Elastic's rules compiles. Nearly every one for AWS can be true
// for an event in CloudTrail's own form, and is indexed.
func TestUpstreamQueries(t *testing.T) {
	for _, c := range []struct{ folder, ofType string }{{"rules", ""}, {"rules/integrations/aws", ""}, {"rules/integrations/aws", "query"}} {
		queries := upstreamQueries(t, c.folder, c.ofType)
		if queries == nil {
			t.Skipf("not tested: the queries of elastic/detection-rules: %s names no checkout of it", upstreamVariable)
		}
		var programs []*Program
		underivable := 0
		for _, query := range queries {
			p, err := compileKQL(query, ecs)
			if err != nil {
				t.Errorf("%v", err)
				continue
			}
			programs = append(programs, p)
			if o := p.Outlook(cloudTrail); len(o.Fewer)+len(o.More) > 0 {
				underivable++
			}
		}
		set := NewSet(programs, ecs)
		byProvider := 0
		for _, p := range set.all.byFields.byProvider.byText {
			byProvider += len(p.anyAction)
		}
		t.Logf("%s %s: %d queries, %d compile, %d of them read what a raw record cannot have; %d are tried on every event, %d on every event of a provider",
			c.folder, c.ofType, len(queries), len(programs), underivable, len(set.all.always), byProvider)
		if strings.HasSuffix(c.folder, "aws") && (len(set.all.always) > len(programs)/10 || underivable > len(programs)/4) {
			t.Errorf("of %d programs %d are tried on every event, and %d read what no raw record has", len(programs), len(set.all.always), underivable)
		}
	}
}
