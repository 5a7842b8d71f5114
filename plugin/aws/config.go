package aws

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

// defaultProfile is the name of the profile that is used unless another one is named.
const defaultProfile = "default"

// sources are where the configuration comes from: the environment and the shared files, as
// the SDK reads them.
//
// config.LoadDefaultConfig is not used: it brings the clients of SSO and signin into every
// process, which costs megabytes, for credentials that a person gets in a browser.
type sources struct {
	env     config.EnvConfig
	profile config.SharedConfig
	named   bool // the profile is one that the account names
}

// loadSources reads the environment and the shared files.
func loadSources(ctx context.Context, profile string) (s sources, err error) {
	if s.env, err = config.NewEnvConfig(); err != nil {
		return s, err
	}
	s.named = profile != ""
	if profile == "" {
		profile = s.env.SharedConfigProfile
	}
	wanted := profile != ""
	if !wanted {
		profile = defaultProfile
	}
	s.profile, err = config.LoadSharedConfigProfile(ctx, profile, func(o *config.LoadSharedConfigOptions) {
		if s.env.SharedConfigFile != "" {
			o.ConfigFiles = []string{s.env.SharedConfigFile}
		}
		if s.env.SharedCredentialsFile != "" {
			o.CredentialsFiles = []string{s.env.SharedCredentialsFile}
		}
	})
	var missing config.SharedConfigProfileNotExistError
	if errors.As(err, &missing) && !wanted {
		s.profile, err = config.SharedConfig{}, nil
	}
	if err != nil {
		err = fmt.Errorf("profile: %w", err)
	}
	return s, err
}

// loadConfig returns how to reach AWS: region, credentials, and what else the environment and
// the shared files say.
func loadConfig(ctx context.Context, a Account) (aws.Config, error) {
	s, err := loadSources(ctx, a.Profile)
	if err != nil {
		return aws.Config{}, err
	}
	c := aws.Config{
		Region: first(a.Region, s.env.Region, s.profile.Region), ConfigSources: []any{s.env, s.profile},
		BaseEndpoint:     s.endpoint(),
		RetryMaxAttempts: max(s.env.RetryMaxAttempts, 0), RetryMode: s.env.RetryMode,
	}
	if c.RetryMaxAttempts == 0 {
		c.RetryMaxAttempts = s.profile.RetryMaxAttempts
	}
	if c.RetryMode == "" {
		c.RetryMode = s.profile.RetryMode
	}
	if err := s.trust(&c); err != nil {
		return c, err
	}
	if c.Region == "" && !s.isIMDSOff() { // an instance's own
		c.Region = regionOfInstance(ctx, c)
	}
	if c.Region == "" {
		return c, errors.New("region: it is not set, neither here nor in the environment")
	}
	provider, err := s.credentials(&c)
	if err != nil {
		return c, err
	}
	c.Credentials = aws.NewCredentialsCache(provider)
	return c, nil
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// endpoint returns the endpoint of all services, or nil.
func (s *sources) endpoint() *string {
	for _, ignore := range []*bool{s.env.IgnoreConfiguredEndpoints, s.profile.IgnoreConfiguredEndpoints} {
		if ignore != nil && *ignore {
			return nil
		}
	}
	return optional(first(s.env.BaseEndpoint, s.profile.BaseEndpoint))
}

// trust makes the configuration trust the certificates of AWS_CA_BUNDLE or ca_bundle, and no
// others.
func (s *sources) trust(c *aws.Config) error {
	path := first(s.env.CustomCABundle, s.profile.CustomCABundle)
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("AWS_CA_BUNDLE: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return fmt.Errorf("AWS_CA_BUNDLE: %s: the file does not have a certificate in PEM", path)
	}
	c.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		t.TLSClientConfig.RootCAs = roots
	})
	return nil
}

func (s *sources) isIMDSOff() bool { return s.env.EC2IMDSClientEnableState == imds.ClientDisabled }

// regionOfInstance returns the region of the machine, or "" if it is none of EC2.
func regionOfInstance(ctx context.Context, c aws.Config) string {
	ctx, cancel := context.WithTimeout(ctx, imdsTime)
	defer cancel()
	out, err := imds.NewFromConfig(c).GetRegion(ctx, &imds.GetRegionInput{})
	if err != nil {
		return ""
	}
	return out.Region
}
