package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	// containers is the address of the credentials of a task of ECS.
	containers = "http://169.254.170.2"
	// early is how long before they expire credentials of a container are renewed.
	early = 5 * time.Minute
	// imdsTime is how long the machine's metadata may take to say the region.
	imdsTime = 5 * time.Second
	// sessionName is the name of sessions with an assumed role.
	sessionName = "fluent-detect"
	// tokenFile is the variable with the path of the token for the credentials of a
	// container.
	tokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
)

// credentials returns where credentials come from, in the order of all of AWS' tools: a
// profile that the account names, keys in the environment, a web identity, the profile of the
// environment, the container, the machine.
func (s *sources) credentials(c *aws.Config) (aws.CredentialsProvider, error) {
	switch {
	case s.named:
	case s.env.Credentials.HasKeys():
		return credentials.StaticCredentialsProvider{Value: s.env.Credentials}, nil
	case s.env.WebIdentityTokenFilePath != "":
		return webIdentity(c, s.env.RoleARN, s.env.RoleSessionName, s.env.WebIdentityTokenFilePath)
	}
	return s.ofProfile(c, &s.profile)
}

// ofProfile returns the credentials of a profile. One that says nothing of credentials has
// those of the container or the machine.
func (s *sources) ofProfile(c *aws.Config, p *config.SharedConfig) (provider aws.CredentialsProvider, err error) {
	switch {
	case p.Source != nil:
		provider, err = s.ofProfile(c, p.Source)
	case p.Credentials.HasKeys():
		provider = credentials.StaticCredentialsProvider{Value: p.Credentials}
	case p.CredentialSource != "":
		provider, err = s.ofSource(c, p.CredentialSource)
	case p.WebIdentityTokenFile != "":
		return webIdentity(c, p.RoleARN, p.RoleSessionName, p.WebIdentityTokenFile)
	case p.SSOSessionName != "" || p.SSOStartURL != "" || p.SSOAccountID != "" || p.SSORoleName != "":
		return nil, fmt.Errorf("profile: %s has credentials of SSO, which a person gets in a browser: they are not supported; take a role, or credential_process = aws configure export-credentials --profile %s --format process", p.Profile, p.Profile)
	case p.LoginSession != "":
		return nil, fmt.Errorf("profile: %s has credentials of aws login, which a person gets in a browser: they are not supported; take a role, or a credential_process", p.Profile)
	case p.CredentialProcess != "":
		provider = processcreds.NewProvider(p.CredentialProcess)
	case s.env.ContainerCredentialsRelativePath != "" || s.env.ContainerCredentialsEndpoint != "":
		provider, err = s.ofContainer(c)
	default:
		provider = s.ofMachine(c)
	}
	if err != nil || p.RoleARN == "" {
		return provider, err
	}
	if p.MFASerial != "" {
		return nil, fmt.Errorf("profile: %s has mfa_serial: nobody can enter a code here", p.Profile)
	}
	return assume(c, provider, p), nil
}

// assume returns the credentials of a profile's role, which is assumed with others.
func assume(c *aws.Config, with aws.CredentialsProvider, p *config.SharedConfig) aws.CredentialsProvider {
	as := c.Copy()
	as.Credentials = aws.NewCredentialsCache(with)
	return stscreds.NewAssumeRoleProvider(sts.NewFromConfig(as), p.RoleARN, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = first(p.RoleSessionName, sessionName)
		o.ExternalID = optional(p.ExternalID)
		if p.RoleDurationSeconds != nil {
			o.Duration = *p.RoleDurationSeconds
		}
	})
}

func webIdentity(c *aws.Config, role, session, file string) (aws.CredentialsProvider, error) {
	if role == "" {
		return nil, errors.New("AWS_WEB_IDENTITY_TOKEN_FILE: AWS_ROLE_ARN is not set as well")
	}
	return stscreds.NewWebIdentityRoleProvider(sts.NewFromConfig(*c), role, stscreds.IdentityTokenFile(file), func(o *stscreds.WebIdentityRoleOptions) {
		o.RoleSessionName = first(session, sessionName)
	}), nil
}

// ofSource returns the credentials of a profile's credential_source.
func (s *sources) ofSource(c *aws.Config, source string) (aws.CredentialsProvider, error) {
	switch source {
	case "Ec2InstanceMetadata":
		return s.ofMachine(c), nil
	case "Environment":
		return credentials.StaticCredentialsProvider{Value: s.env.Credentials}, nil
	case "EcsContainer":
		if s.env.ContainerCredentialsRelativePath == "" && s.env.ContainerCredentialsEndpoint == "" {
			return nil, errors.New("credential_source: EcsContainer, but the environment does not say where the credentials of the container are")
		}
		return s.ofContainer(c)
	}
	return nil, fmt.Errorf("credential_source: invalid value %q: must be Ec2InstanceMetadata, Environment or EcsContainer", source)
}

// ofMachine returns the credentials of an instance of EC2.
func (s *sources) ofMachine(c *aws.Config) aws.CredentialsProvider {
	return ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = imds.NewFromConfig(*c) })
}

// ofContainer returns the credentials of a task of ECS, or of a pod of EKS.
func (s *sources) ofContainer(c *aws.Config) (aws.CredentialsProvider, error) {
	address := containers + s.env.ContainerCredentialsRelativePath
	if s.env.ContainerCredentialsRelativePath == "" {
		address = s.env.ContainerCredentialsEndpoint
		if err := checkContainerURL(address); err != nil {
			return nil, fmt.Errorf("AWS_CONTAINER_CREDENTIALS_FULL_URI: %w", err)
		}
	}
	provider := endpointcreds.New(address, func(o *endpointcreds.Options) {
		o.AuthorizationToken = s.env.ContainerAuthorizationToken
		if file := os.Getenv(tokenFile); file != "" { // it changes
			o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
				text, err := os.ReadFile(file)
				return string(text), err
			})
		}
	})
	return aws.NewCredentialsCache(provider, func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = early }), nil
}

// containerAddresses are those that credentials may come from in the clear, besides the
// machine's own.
var containerAddresses = []net.IP{net.IPv4(169, 254, 170, 2), net.IPv4(169, 254, 170, 23), net.ParseIP("fd00:ec2::23")}

// checkContainerURL refuses addresses from which credentials would come in the clear over a
// network.
func checkContainerURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return err
	case u.Hostname() == "":
		return errors.New("it has no host")
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return errors.New("it begins with neither http:// nor https://")
	}
	ctx, cancel := context.WithTimeout(context.Background(), imdsTime)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupIPAddr(ctx, u.Hostname())
	if err != nil {
		return err
	}
	for _, a := range addresses {
		known := a.IP.IsLoopback()
		for _, other := range containerAddresses {
			known = known || a.IP.Equal(other)
		}
		if !known {
			return fmt.Errorf("%s is not an address of this machine, of ECS or of EKS: use https", a.IP)
		}
	}
	return nil
}
