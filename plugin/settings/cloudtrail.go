package settings

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// CloudTrail is the configuration of a cloudtrail input.
type CloudTrail struct {
	Path      string // see files.ParsePatterns
	StatePath string // directory
	InFlight  int    // bytes that are not confirmed
	Appended  bool   // what the host took counts as confirmed
	Insights  bool

	effective string
}

// String lists the values in effect, without secrets.
func (c *CloudTrail) String() string { return c.effective }

// The host's own key Tag is the records' tag.
var cloudTrailKeys = []row[CloudTrail]{
	{Key: Key{"path", "files, directories and globs, separated by commas", "",
		"read these files, and new ones: of a directory all below it whose names end in .json, .jsonl, .ndjson or .log, also with .gz or .zst; `**` in a glob stands for any number of directories"},
		list:  true,
		set:   func(c *CloudTrail, v string) error { c.Path = v; return nil },
		needs: []string{"state_path"}},
	{Key: Key{"state_path", "the path of a directory", "",
		"where it is noted how far each file was read"},
		set: func(c *CloudTrail, v string) error { c.StatePath = v; return nil }},
	{Key: Key{"acknowledge", "`detected` or `appended`", "detected",
		"when records count as taken care of, so that they are not read again: once a detect output has evaluated them and committed its state, or two seconds after Fluent Bit took them, which a crash may lose"},
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
		"the maximum size of the records that are not taken care of yet; then reading waits"},
		set: func(c *CloudTrail, v string) (err error) { c.InFlight, err = parseSize(v, 2<<20, 1<<30); return err }},
	{Key: Key{"insights", "`on` or `off`", "off",
		"read objects of CloudTrail Insights too; digests are never read"},
		set: func(c *CloudTrail, v string) (err error) { c.Insights, err = parseSwitch(v); return err }},
}

// notSupported are keys that other inputs for S3 have, or that might be expected. They are
// refused: without them the input would not do what is asked.
var notSupported = []string{"queue_url", "bucket", "prefix", "from", "until", "region", "profile", "role_arn", "external_id", "endpoint", "sqs_endpoint", "sts_endpoint",
	"visibility_timeout", "wait_time", "parallel", "max_receives", "request_payer"}

// CloudTrailKeys returns the keys of [INPUT] Name cloudtrail.
func CloudTrailKeys() []Key { return keysOf(cloudTrailKeys) }

// ReadCloudTrail reads the configuration of a cloudtrail input. The error joins a
// *KeyError for each invalid value.
func ReadCloudTrail(get Getter) (CloudTrail, error) {
	var c CloudTrail
	v := values[CloudTrail]{cloudTrailKeys, get}
	errs := v.read(&c)
	c.effective = v.effective(&c)
	for _, key := range notSupported {
		if v.set(key) != "" {
			errs = append(errs, &KeyError{Key: key, Err: errors.New("is not supported")})
		}
	}
	if v.set("path") == "" {
		errs = append(errs, &KeyError{Key: "path", Err: errors.New("must be set: there is nothing to read")})
	}
	return c, errors.Join(errs...)
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
