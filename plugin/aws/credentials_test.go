package aws

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// issuer is what credentials come from: STS, a container's endpoint, a machine's metadata.
type issuer struct {
	*httptest.Server
	issued atomic.Int32
	life   time.Duration
	asked  atomic.Value // the last request for STS
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{life: time.Hour}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	expires := time.Now().Add(i.life).UTC().Format(time.RFC3339)
	switch path := r.URL.Path; {
	case path == "/" && r.Method == http.MethodPost:
		i.asked.Store(string(body) + " by " + r.Header.Get("Authorization"))
		action := "AssumeRole"
		if strings.Contains(string(body), "WebIdentity") {
			action += "WithWebIdentity"
		}
		fmt.Fprintf(w, `<%sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%sResult><Credentials><AccessKeyId>%s-%d</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%s</Expiration></Credentials></%sResult></%sResponse>`,
			action, action, action, i.issued.Add(1), expires, action, action)
	case path == "/latest/api/token":
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
		fmt.Fprint(w, "token")
	case path == "/latest/meta-data/iam/security-credentials/":
		fmt.Fprint(w, "role")
	case path == "/latest/meta-data/iam/security-credentials/role" && r.Header.Get("X-Aws-Ec2-Metadata-Token") == "token":
		fmt.Fprintf(w, `{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"machine-%d","SecretAccessKey":"s","Token":"t","Expiration":%q}`, i.issued.Add(1), expires)
	case path == "/latest/dynamic/instance-identity/document":
		fmt.Fprint(w, `{"region":"sa-east-1"}`)
	case path == "/container" && r.Header.Get("Authorization") == "pod":
		fmt.Fprintf(w, `{"AccessKeyId":"container-%d","SecretAccessKey":"s","Token":"t","Expiration":%q}`, i.issued.Add(1), expires)
	default:
		w.WriteHeader(http.StatusForbidden)
	}
}

// cleanEnvironment leaves nothing of AWS in the environment but what a test sets.
func cleanEnvironment(t *testing.T, config string) {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("pod"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	t.Setenv("TOKEN", filepath.Join(dir, "token"))
}

// Credentials come from where all of AWS' tools take them, in the same order.
func TestCredentials(t *testing.T) {
	const files = `
[default]
region = eu-north-1
[profile keys]
aws_access_key_id = keys
aws_secret_access_key = s
region = eu-south-1
[profile chained]
role_arn = arn:aws:iam::111122223333:role/x
source_profile = keys
external_id = ext
[profile process]
credential_process = echo '{"Version":1,"AccessKeyId":"process","SecretAccessKey":"s"}'
[profile machine]
role_arn = arn:aws:iam::111122223333:role/x
credential_source = Ec2InstanceMetadata
[profile web]
role_arn = arn:aws:iam::111122223333:role/web
web_identity_token_file = TOKEN
[profile sso]
sso_start_url = https://x.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = r
[profile mfa]
role_arn = arn:aws:iam::111122223333:role/x
source_profile = keys
mfa_serial = arn:aws:iam::111122223333:mfa/x
[profile odd]
role_arn = arn:aws:iam::111122223333:role/x
credential_source = Nowhere
`
	f := func(what, profile string, env []string, want, asked string) {
		t.Helper()
		t.Run(what, func(t *testing.T) {
			t.Helper()
			i := newIssuer(t)
			cleanEnvironment(t, files)
			t.Setenv("AWS_ENDPOINT_URL_STS", i.URL)
			t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", i.URL)
			path := os.Getenv("AWS_CONFIG_FILE")
			text, _ := os.ReadFile(path)
			if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "TOKEN", os.Getenv("TOKEN"))), 0o600); err != nil {
				t.Fatal(err)
			}
			for n := 0; n < len(env); n += 2 {
				t.Setenv(env[n], strings.NewReplacer("URL", i.URL, "TOKEN", os.Getenv("TOKEN")).Replace(env[n+1]))
			}
			c, err := loadConfig(context.Background(), Account{Profile: profile})
			got := ""
			if err == nil {
				credentials, err2 := c.Credentials.Retrieve(context.Background())
				got, err = c.Region+" "+credentials.AccessKeyID, err2
			}
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, want) {
				t.Errorf("%s, want %s", got, want)
			}
			if request, _ := i.asked.Load().(string); !strings.Contains(request, asked) {
				t.Errorf("STS was asked for %s, want %s", request, asked)
			}
		})
	}
	keys := []string{"AWS_ACCESS_KEY_ID", "env", "AWS_SECRET_ACCESS_KEY", "s"}
	f("the environment", "", keys, "eu-north-1 env", "")
	f("a region in the environment", "", append(keys, "AWS_REGION", "us-east-2"), "us-east-2 env", "")
	f("a profile that is named beats the environment", "keys", keys, "eu-south-1 keys", "")
	f("a profile of the environment", "", []string{"AWS_PROFILE", "keys"}, "eu-south-1 keys", "")
	f("a role with another profile", "chained", []string{"AWS_REGION", "r"}, "r AssumeRole-1", "ExternalId=ext")
	f("a role with another profile is asked for with its keys", "chained", []string{"AWS_REGION", "r"}, "r AssumeRole-1", "Credential=keys/")
	f("a process", "process", []string{"AWS_REGION", "r"}, "r process", "")
	f("a web identity", "", []string{"AWS_WEB_IDENTITY_TOKEN_FILE", "TOKEN", "AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/irsa"}, "eu-north-1 AssumeRoleWithWebIdentity-1", "WebIdentityToken=pod")
	f("a web identity of a profile", "web", []string{"AWS_REGION", "r"}, "r AssumeRoleWithWebIdentity-1", "role%2Fweb")
	f("a container", "", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "URL/container", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "TOKEN"}, "eu-north-1 container-1", "")
	f("a container elsewhere", "", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/x"}, "AWS_CONTAINER_CREDENTIALS_FULL_URI: 192.0.2.1 is not an address of this machine, of ECS or of EKS: use https", "")
	f("the machine", "", nil, "eu-north-1 machine-1", "")
	f("the machine's region", "process", nil, "sa-east-1 process", "")
	f("a role with the machine", "machine", []string{"AWS_REGION", "r"}, "r AssumeRole-2", "Credential=machine-1/")
	f("SSO", "sso", []string{"AWS_REGION", "r"}, "profile: sso has credentials of SSO, which a person gets in a browser: they are not supported; take a role, or credential_process =", "")
	f("MFA", "mfa", []string{"AWS_REGION", "r"}, "profile: mfa has mfa_serial: nobody can enter a code here", "")
	f("another source", "odd", []string{"AWS_REGION", "r"}, "Nowhere", "")
	f("a profile that is not there", "none", keys, "profile: ", "")
	f("a web identity without a role", "", []string{"AWS_WEB_IDENTITY_TOKEN_FILE", "TOKEN"}, "AWS_ROLE_ARN", "")
	f("certificates that are not there", "", append(keys, "AWS_CA_BUNDLE", "/nowhere"), "AWS_CA_BUNDLE: open /nowhere", "")
	f("no certificates", "", append(keys, "AWS_CA_BUNDLE", "TOKEN"), "the file does not have a certificate in PEM", "")
}

// Credentials that expire are renewed: reading goes on without a restart.
func TestRotation(t *testing.T) {
	i := newIssuer(t)
	i.life = 2 * time.Second // each is used once
	m := newMachine(t)
	cleanEnvironment(t, "")
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", i.URL+"/container")
	t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "pod")
	m.server.Put("b", day+"a.json.gz", object("a"))
	m.server.Put("b", day+"b.json.gz", object("b"))
	m.start()
	m.server.Send(created("b", day+"a.json.gz", 5))
	m.want("a")
	before := i.issued.Load()
	m.wait("new credentials", func() bool { return i.issued.Load() > before+2 })
	m.server.Send(created("b", day+"b.json.gz", 5))
	m.want("a b")
	m.empty()
	if n := m.queue.Messages.Errors.Load(); n != 0 {
		t.Errorf("%d errors", n)
	}
}

// A duplicate of a message makes no second reading while the first is on its way, and its
// records are those of the same events after that.
func TestDuplicateMessage(t *testing.T) {
	m := newMachine(t)
	m.server.Put("b", day+"a.json.gz", object("a"))
	m.server.Send(created("b", day+"a.json.gz", 5))
	m.server.Send(created("b", day+"a.json.gz", 5))
	m.start()
	m.want("a×2") // the same events, which are one alert: see the tests of Fluent Bit
	m.empty()
}
