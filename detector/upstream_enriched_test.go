package detector

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/match"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/test/mmdb"
)

// isEnriched reports whether Elastic's pipeline adds a field from a table or a database.
func isEnriched(field string) bool {
	return strings.HasPrefix(field, "source.geo.") || strings.HasPrefix(field, "source.as.") || strings.HasPrefix(field, "user_agent.") && field != "user_agent.original"
}

// enrichedFields returns such fields that a program reads.
func enrichedFields(p *match.Program) (names []string) {
	for _, f := range p.Fields() {
		if isEnriched(f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// Every rule about AWS that reads an enriched field fires, or does not, as upstream. The
// rules are found by what they read, and each needs a case here.
func TestUpstreamEnriched(t *testing.T) {
	dir := upstream(t)
	rules, err := ruleset.DefaultLoader().Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	// Addresses of a network, of Amazon's, of Google's, of a VPN that rules name, and of none.
	const network, amazon, google, vpn, nowhere = "203.0.113.7", "203.0.113.70", "198.51.100.1", "192.0.2.200", "192.0.2.1"
	asn := mmdb.ASN()
	asn.Records["192.0.2.128/25"] = map[string]any{"autonomous_system_number": uint32(207137), "autonomous_system_organization": "A VPN"}
	database := filepath.Join(t.TempDir(), "asn.mmdb")
	if err := os.WriteFile(database, asn.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	call := func(source, name, identity string) func(address string, i int) string {
		return func(address string, i int) string {
			return fmt.Sprintf(`{"eventSource":"%s.amazonaws.com","eventName":"%s","eventID":"e%d","eventTime":"2026-03-02T09:00:00Z","recipientAccountId":"111122223333",`+
				`"sourceIPAddress":"%s","userAgent":"aws-cli/2.1.0","userIdentity":{%s}}`, source, name, i, address, identity)
		}
	}
	const (
		user     = `"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","userName":"alice"`
		instance = `"type":"AssumedRole","principalId":"AROA1:i-0123456789abcdef0","arn":"arn:aws:sts::111122223333:assumed-role/app/i-0123456789abcdef0","accountId":"111122223333"`
		account  = `"type":"WebIdentityUser","principalId":"p","userName":"system:serviceaccount:default:web"`
	)
	everywhere, outside := []string{network, vpn, nowhere}, []string{network, vpn}
	cases := map[string]struct {
		event func(address string, i int) string
		hits  []string // of the addresses
	}{
		"discovery_new_terms_sts_getcalleridentity_ec2_role_new_source_as":                    {call("sts", "GetCallerIdentity", instance), outside},
		"discovery_new_terms_vpn_asn_discovery_api_calls":                                     {call("iam", "ListUsers", user), []string{vpn}},
		"execution_lambda_function_invoked_from_unusual_source_asn":                           {call("lambda", "Invoke20150331", user), outside},
		"initial_access_assume_role_with_web_identity_kubernetes_sa_from_external_asn":        {call("sts", "AssumeRoleWithWebIdentity", account), []string{network, vpn, google}},
		"persistence_iam_login_profile_created_or_modified":                                   {call("iam", "CreateLoginProfile", user), everywhere},
		"persistence_new_terms_ec2_create_keypair_unusual_source_as":                          {call("ec2", "CreateKeyPair", user), outside},
		"privilege_escalation_iam_customer_managed_policy_version_created_or_set_default":     {call("iam", "CreatePolicyVersion", user), everywhere},
		"privilege_escalation_iam_inline_policy_added_to_group":                               {call("iam", "PutGroupPolicy", user), everywhere},
		"privilege_escalation_iam_permissions_boundary_modified":                              {call("iam", "PutUserPermissionsBoundary", user), everywhere},
		"credential_access_rapid_secret_retrieval_attempts_from_secretsmanager (user agents)": {},
	}
	seen := 0
	for _, r := range rules.Rules {
		fields := enrichedFields(r.Program)
		if len(fields) == 0 {
			continue
		}
		path := r.Source.Path
		name := strings.TrimSuffix(filepath.Base(path), ".toml")
		if slices.Contains(fields, "user_agent.name") {
			name += " (user agents)"
		}
		c, ok := cases[name]
		if !ok && r.Query.Language == "esql" {
			t.Logf("not tested: %s, which reads %s", name, fields)
			continue
		}
		if !ok {
			t.Errorf("no case for %s, which reads %s", name, fields)
			continue
		}
		seen++
		if c.event == nil {
			for agent, want := range map[string]int{"aws-cli/2.1.0 md/awscrt": 1, "Boto3/1.34": 1, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36": 0,
				"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0": 0} {
				b := newBench(t, "rules", path)
				for i := range 25 {
					e := strings.Replace(call("secretsmanager", "GetSecretValue", user)(network, i), "aws-cli/2.1.0", agent, 1)
					b.mustScan(strings.Replace(e, "{", fmt.Sprintf(`{"requestParameters":{"secretId":"s%d"},`, i), 1))
				}
				b.wantAlerts(want)
			}
			continue
		}
		for _, address := range []string{network, amazon, google, vpn, nowhere} {
			b := newBench(t, "rules", path, "geo_databases", database)
			b.mustScan(c.event(address, 1))
			want := 0
			if slices.Contains(c.hits, address) {
				want = 1
			}
			if got := len(b.alerts()); got != want {
				t.Errorf("%s from %s: %d alerts, want %d", name, address, got, want)
			}
			// The shipper knows it instead.
			b = newBench(t, "rules", path)
			system := map[string]string{network: "64500 Example Networks", amazon: "64501 Amazon.com, Inc.", google: "64502 Google LLC", vpn: "207137 A VPN"}[address]
			if number, organization, ok := strings.Cut(system, " "); ok {
				b.mustScan(strings.Replace(c.event(address, 1), "{", fmt.Sprintf(`{"source.as.number":%s,"source.as.organization.name":%q,`, number, organization), 1))
			} else {
				b.mustScan(c.event(address, 1))
			}
			if got := len(b.alerts()); got != want {
				t.Errorf("%s from %s, which the shipper looks up: %d alerts, want %d", name, address, got, want)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d rules read such fields", seen)
	}
}
