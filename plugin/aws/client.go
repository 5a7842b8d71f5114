package aws

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Account says how AWS is reached. What is empty comes from the environment, the shared
// configuration files, or the machine's role, as with all of AWS' tools.
type Account struct {
	Region      string
	Profile     string
	RoleARN     string // to assume
	ExternalID  string
	Endpoint    string // of S3, with the bucket in the path
	SQSEndpoint string
	STSEndpoint string
}

// clients are what AWS is reached with.
type clients struct {
	config  aws.Config
	account Account
	sqs     *sqs.Client

	mu      sync.Mutex
	s3      map[string]*s3.Client // by region
	regions map[string]string     // of buckets that are not in the region that was expected
}

// queueRegion finds the region in the URL of a queue.
var queueRegion = regexp.MustCompile(`^https?://(?:sqs\.([a-z0-9-]+)\.amazonaws\.com|([a-z0-9-]+)\.queue\.amazonaws\.com|sqs-fips\.([a-z0-9-]+)\.amazonaws\.com)`)

// RegionOf returns the region in the URL of a queue, or "".
func RegionOf(queueURL string) string {
	for i, region := range queueRegion.FindStringSubmatch(queueURL) {
		if i > 0 && region != "" {
			return region
		}
	}
	return ""
}

func newClients(ctx context.Context, a Account) (*clients, error) {
	c, err := loadConfig(ctx, a)
	if err != nil {
		return nil, err
	}
	if a.RoleARN != "" {
		client := sts.NewFromConfig(c, func(o *sts.Options) { set(&o.BaseEndpoint, a.STSEndpoint) })
		c.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(client, a.RoleARN, func(o *stscreds.AssumeRoleOptions) {
			o.ExternalID = optional(a.ExternalID)
			o.RoleSessionName = "fluent-detect"
		}))
	}
	return &clients{
		config: c, account: a, s3: map[string]*s3.Client{}, regions: map[string]string{},
		sqs: sqs.NewFromConfig(c, func(o *sqs.Options) { set(&o.BaseEndpoint, a.SQSEndpoint) }),
	}, nil
}

// set sets an option, unless the value is empty: then the environment's applies.
func set(option **string, value string) {
	if value != "" {
		*option = &value
	}
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// bucket returns the client for a bucket, which is in that region for all we know.
func (c *clients) bucket(name, region string) *s3.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.regions[name]; known != "" {
		region = known
	}
	if region == "" {
		region = c.config.Region
	}
	client := c.s3[region]
	if client == nil {
		client = s3.NewFromConfig(c.config, func(o *s3.Options) {
			o.Region = region
			set(&o.BaseEndpoint, c.account.Endpoint)
			o.UsePathStyle = c.account.Endpoint != ""
			o.DisableLogOutputChecksumValidationSkipped = true
		})
		c.s3[region] = client
	}
	return client
}

// moved notes the region of a bucket, if the error says that it is in another one, and
// reports whether to try again.
func (c *clients) moved(bucket string, err error) bool {
	var e *smithyhttp.ResponseError
	if !errors.As(err, &e) || e.Response == nil {
		return false
	}
	if code := e.HTTPStatusCode(); code != http.StatusMovedPermanently && code != http.StatusTemporaryRedirect && code != http.StatusBadRequest {
		return false
	}
	region := e.Response.Header.Get("X-Amz-Bucket-Region")
	c.mu.Lock()
	defer c.mu.Unlock()
	if region == "" || c.regions[bucket] == region {
		return false
	}
	c.regions[bucket] = region
	return true
}
