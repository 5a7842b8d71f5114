package settings

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CloudTrail is the configuration of a cloudtrail input, or of what the sidecar reads. It
// has one source: Path, QueueURL or Bucket.
type CloudTrail struct {
	Path      string // see files.ParsePatterns
	QueueURL  string
	Bucket    string
	Announced bool      // the objects that messages at /v1/sns announce are read too; StatePath is set
	Prefix    string    // see layout.ParsePrefix
	From      time.Time // the first day, UTC; zero: the first that there is
	Until     time.Time // the last day, UTC; zero: none
	LearnFrom LearnFrom // zero: nothing
	StatePath string    // directory
	InFlight  int       // bytes that are not confirmed
	Appended  bool      // what the host took counts as confirmed
	Insights  bool

	Region       string // empty: that of the queue, or the environment's
	Profile      string
	RoleARN      string
	ExternalID   string
	Endpoint     string // of S3; empty: AWS'
	SQSEndpoint  string
	STSEndpoint  string
	Visibility   time.Duration
	Wait         time.Duration
	Parallel     int
	RequestPayer bool   // the requester pays
	MaxReceives  int    // 0: the queue decides
	DeadLetters  string // the path of a file

	prefix    string // of the names of the keys
	effective string
}

// String lists the values in effect, without secrets.
func (c *CloudTrail) String() string { return c.effective }

// KeyName returns what a key of a cloudtrail input is called where the configuration is
// from. Other texts are unchanged.
func (c *CloudTrail) KeyName(key string) string {
	if c.prefix != "" && isPrefixed(key) {
		return c.prefix + key
	}
	return key
}

// The host's own key Tag is the records' tag.
var cloudTrailKeys = []row[CloudTrail]{
	{Key: Key{"path", "files, directories and globs, separated by commas", "",
		"read these files, and new ones. In a directory, all files below it whose names end in .json, .jsonl, .ndjson or .log, or these with .gz or .zst. `**` in a glob stands for any number of directories. Exactly one of this, `queue_url` and `bucket` must be set"},
		list:  true,
		set:   func(c *CloudTrail, v string) error { c.Path = v; return nil },
		needs: []string{"state_path"}},
	{Key: Key{"state_path", "the path of a directory", "",
		"the directory that stores how far each file of `path`, and the objects of `bucket` or `learn_from`, have been read"},
		set:       func(c *CloudTrail, v string) error { c.StatePath = v; return nil },
		condition: &hasPositions},
	{Key: Key{"queue_url", "the URL of a queue of SQS", "",
		"read the S3 objects that its messages announce: notifications of S3 (directly, through SNS or through EventBridge), or CloudTrail's own through SNS"},
		set: func(c *CloudTrail, v string) (err error) { c.QueueURL = v; _, err = parseHTTP(v); return err }},
	{Key: Key{"bucket", "the name of a bucket of S3", "",
		"read CloudTrail's objects in it, and new ones, by listing it by account, region and day; needs no queue"},
		set:   func(c *CloudTrail, v string) (err error) { c.Bucket, err = parseBucket(v); return err },
		needs: []string{"state_path"}},
	{Key: Key{"prefix", "the beginning of keys", "",
		"the part of the keys before `AWSLogs/`. It may also lead to an organization, an account or a region below that; then only that is read"},
		set: func(c *CloudTrail, v string) error { c.Prefix = v; return nil }, needs: []string{"bucket"}},
	{Key: Key{"from", "a day such as `2026-03-02`", "",
		"the first day to read, in UTC. Default: the first one that exists"},
		set: func(c *CloudTrail, v string) (err error) { c.From, err = parseDay(v); return err }, needs: []string{"bucket"}},
	{Key: Key{"until", "a day such as `2026-03-02`", "",
		"the last day to read, in UTC. Default: read new objects as they come"},
		set: func(c *CloudTrail, v string) (err error) { c.Until, err = parseDay(v); return err }, needs: []string{"bucket"}},
	{Key: Key{"learn_from", "`s3://BUCKET/PREFIX` and a number of days up to 90, as in `s3://trail/ 10d`", "",
		"at the first start, let rules of type new_terms learn from the objects of the last days, before anything else is read. PREFIX is as in `prefix`. Nothing alerts meanwhile, and the rules then skip `learn_for`. After a crash, learning continues where it stopped. A rule that already has a memory does not learn"},
		set: func(c *CloudTrail, v string) (err error) { c.LearnFrom, err = parseLearnFrom(v); return err }, needs: []string{"state_path"}, condition: &hasAWS},
	{Key: Key{"region", "a region such as `eu-west-1`", "",
		"the region of the queue or the bucket. Default: the region in `queue_url`, or that of the environment. Buckets that a queue announces may be in other regions"},
		set: func(c *CloudTrail, v string) (err error) { c.Region, err = parseName(v); return err }, condition: &hasAWS},
	{Key: Key{"profile", "a name", "",
		"the profile in AWS's shared files to take credentials from. Default: credentials come from the environment, a web identity, AWS's shared files, the container or the machine, as for all AWS tools"},
		set: func(c *CloudTrail, v string) (err error) { c.Profile, err = parseName(v); return err }, condition: &hasAWS},
	{Key: Key{"role_arn", "the ARN of a role", "",
		"the role to assume with these credentials"},
		set: func(c *CloudTrail, v string) (err error) { c.RoleARN, err = parseName(v); return err }, condition: &hasAWS},
	{Key: Key{"external_id", "a text", "",
		"the external ID that the role requires"},
		set: func(c *CloudTrail, v string) error { c.ExternalID = v; return nil }, needs: []string{"role_arn"}},
	{Key: Key{"endpoint", "a URL", "",
		"the address of S3; the bucket goes into the path. Default: AWS's"},
		set: func(c *CloudTrail, v string) (err error) { c.Endpoint, err = parseHTTP(v); return err }, condition: &hasAWS},
	{Key: Key{"sqs_endpoint", "a URL", "",
		"the address of SQS. Default: AWS's"},
		set: func(c *CloudTrail, v string) (err error) { c.SQSEndpoint, err = parseHTTP(v); return err }, condition: &hasAWS},
	{Key: Key{"sts_endpoint", "a URL", "",
		"the address of STS, for `role_arn`. Default: AWS's"},
		set: func(c *CloudTrail, v string) (err error) { c.STSEndpoint, err = parseHTTP(v); return err }, needs: []string{"role_arn"}},
	{Key: Key{"visibility_timeout", "a duration from 30s to 1h", "5m",
		"how long nobody else gets a received message. It is extended while the objects are read. After a crash, messages come again after this time"},
		set: func(c *CloudTrail, v string) (err error) {
			if c.Visibility, err = parseDuration(v, time.Hour); err == nil && c.Visibility < 30*time.Second {
				err = errInvalid
			}
			return err
		},
		condition: &hasQueue},
	{Key: Key{"wait_time", "a duration from 1s to 20s", "20s",
		"how long SQS waits for a message before it answers that there is none"},
		set:       func(c *CloudTrail, v string) (err error) { c.Wait, err = parseDuration(v, 20*time.Second); return err },
		condition: &hasQueue},
	{Key: Key{"parallel", "an integer from 1 to 64", "4",
		"how many objects to read at the same time"},
		set:       func(c *CloudTrail, v string) (err error) { c.Parallel, err = parseCount(v, 64); return err },
		condition: &hasAWS},
	{Key: Key{"request_payer", "`on` or `off`", "off",
		"pay for reading buckets whose owners let the requester pay"},
		set:       func(c *CloudTrail, v string) (err error) { c.RequestPayer, err = parseSwitch(v); return err },
		condition: &hasAWS},
	{Key: Key{"max_receives", "an integer from 0 to 1000", "0",
		"after how many receives to write a message that cannot be read to `dead_letters` and delete it. 0: never; the queue's dead-letter queue decides"},
		set: func(c *CloudTrail, v string) (err error) {
			if v != "0" {
				c.MaxReceives, err = parseCount(v, 1000)
			}
			return err
		},
		condition: &hasQueue},
	{Key: Key{"dead_letters", "the path of a file", "",
		"the file for messages that `max_receives` gives up and for other broken objects, as lines of JSON"},
		set: func(c *CloudTrail, v string) error { c.DeadLetters = v; return nil }, condition: &hasAWS},
	{Key: Key{"acknowledge", "`detected` or `appended`", "detected",
		"when records count as read. `detected`: when a `detect` output has evaluated them and committed its state. `appended`: two seconds after Fluent Bit took them; a crash may then lose them"},
		set: func(c *CloudTrail, v string) error {
			switch strings.ToLower(v) {
			case "detected":
			case "appended":
				c.Appended = true
			default:
				return errInvalid
			}
			return nil
		}},
	{Key: Key{"in_flight", "a size from 2M to 1G", "64M",
		"the maximum size of records that do not count as read yet; above it, the input waits"},
		set: func(c *CloudTrail, v string) (err error) { c.InFlight, err = parseSize(v, 2<<20, 1<<30); return err }},
	{Key: Key{"insights", "`on` or `off`", "off",
		"read objects of CloudTrail Insights too. Digests are never read"},
		set: func(c *CloudTrail, v string) (err error) { c.Insights, err = parseSwitch(v); return err }},
}

var (
	hasQueue     = condition[CloudTrail]{"queue_url", func(c *CloudTrail) bool { return c.QueueURL != "" }}
	hasAWS       = condition[CloudTrail]{"queue_url or bucket", func(c *CloudTrail) bool { return c.QueueURL != "" || c.Bucket != "" || c.Announced }}
	hasPositions = condition[CloudTrail]{"path, bucket or learn_from", func(c *CloudTrail) bool { return c.Path != "" || c.Bucket != "" || c.LearnFrom.Bucket != "" }}
)

// CloudTrailKeys returns the keys of [INPUT] Name cloudtrail.
func CloudTrailKeys() []Key { return keysOf(cloudTrailKeys) }

// ReadCloudTrail reads the configuration of a cloudtrail input. The error joins a
// *KeyError for each invalid value.
func ReadCloudTrail(get Getter) (CloudTrail, error) {
	v := values[CloudTrail]{cloudTrailKeys, get}
	c, errs := readCloudTrail(v, CloudTrail{})
	return c, errors.Join(errs...)
}

// readCloudTrail reads a configuration from the values of a table in which the names of
// keys begin with the prefix of c.
func readCloudTrail(v values[CloudTrail], c CloudTrail) (CloudTrail, []error) {
	prefix := c.prefix
	errs := v.read(&c)
	c.effective = v.effective(&c)
	path, queue, bucket := prefix+"path", prefix+"queue_url", prefix+"bucket"
	var sources []string
	for _, key := range []string{path, queue, bucket} {
		if v.set(key) != "" {
			sources = append(sources, key)
		}
	}
	switch {
	case len(sources) == 0 && !c.Announced:
		errs = append(errs, &KeyError{Key: path, Err: fmt.Errorf("either %s, %s or %s must be set: there is nothing to read", path, queue, bucket)})
	case len(sources) > 1:
		errs = append(errs, &KeyError{Key: sources[0], Err: errors.New(sources[1] + " is set as well: an input has one source only")})
	case !c.From.IsZero() && !c.Until.IsZero() && c.Until.Before(c.From):
		errs = append(errs, &KeyError{Key: prefix + "until", Err: fmt.Errorf("it is before %sfrom: no day is read", prefix)})
	}
	if c.MaxReceives > 0 && c.DeadLetters == "" {
		errs = append(errs, &KeyError{Key: prefix + "max_receives", Err: fmt.Errorf("requires %sdead_letters, which is not set", prefix)})
	}
	return c, errs
}

// parseBucket parses the name of a bucket, or the ARN or alias of an access point.
func parseBucket(v string) (string, error) {
	switch {
	case strings.Contains(v, "://"):
		return v, errors.New("it is the name alone, without s3://; what follows it belongs in prefix")
	case strings.Contains(v, "/") && !strings.HasPrefix(v, "arn:"):
		return v, errors.New("a name has no slash; what follows it belongs in prefix")
	}
	return parseName(v)
}

// LearnFrom is a bucket to learn from.
type LearnFrom struct {
	Bucket, Prefix string
	Days           int
}

// maxLearnDays is the maximum number of days to learn from.
const maxLearnDays = 90

// parseLearnFrom parses "s3://BUCKET/PREFIX 10d".
func parseLearnFrom(v string) (l LearnFrom, err error) {
	where, days, ok := cutLast(v)
	path, isS3 := strings.CutPrefix(where, "s3://")
	number, isDays := strings.CutSuffix(days, "d")
	if !ok || !isS3 || !isDays {
		return l, errInvalid
	}
	l.Bucket, l.Prefix, _ = strings.Cut(path, "/")
	if l.Days, err = strconv.Atoi(number); err != nil || l.Days < 1 || l.Days > maxLearnDays || l.Bucket == "" {
		return l, errInvalid
	}
	return l, nil
}

// cutLast cuts a text at its last space.
func cutLast(v string) (before, after string, ok bool) {
	i := strings.LastIndexAny(v, " \t")
	if i < 0 {
		return v, "", false
	}
	return strings.TrimSpace(v[:i]), v[i+1:], true
}

// parseDay parses a day of UTC.
func parseDay(v string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, v)
	if err != nil {
		return day, errInvalid
	}
	return day, nil
}

// parseHTTP parses a URL of an HTTP server.
func parseHTTP(v string) (string, error) {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "", errors.New("it is not a URL with http:// or https:// and a host")
	}
	return v, nil
}

// parseSize parses a number of bytes as Fluent Bit does: 512K, 64M, 1G.
func parseSize(v string, minSize, maxSize int) (int, error) {
	units := []string{"k", "m", "g"}
	number, unit := strings.ToLower(v), 1
	if n := len(number); n > 0 {
		if i := slices.Index(units, number[n-1:]); i >= 0 {
			number, unit = number[:n-1], 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil || int(n) > maxSize/unit || int(n)*unit < minSize {
		return 0, errInvalid
	}
	return int(n) * unit, nil
}
