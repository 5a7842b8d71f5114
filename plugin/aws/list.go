package aws

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/fluent-detect/fluent-detect/plugin/intake/layout"
)

// lister lists a bucket.
type lister struct {
	clients *clients
	bucket  string
	payer   bool // the requester pays
}

// listed is an object as a listing has it.
type listed struct {
	key      string
	size     int64
	modified time.Time
}

// request makes one request for the objects, or the folders, with a prefix.
func (l *lister) request(ctx context.Context, in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	in.Bucket = &l.bucket
	in.EncodingType = types.EncodingTypeUrl // XML cannot have all characters of keys
	if l.payer {
		in.RequestPayer = types.RequestPayerRequester
	}
	for {
		out, err := l.clients.bucket(l.bucket, "").ListObjectsV2(ctx, in)
		if err != nil && l.clients.moved(l.bucket, err) {
			continue
		}
		return out, err
	}
}

// plain returns a key that is encoded for a listing.
func plain(key *string) string {
	if key == nil {
		return ""
	}
	if text, err := url.QueryUnescape(*key); err == nil {
		return text
	}
	return *key
}

// after returns the next objects whose keys begin with a prefix and come after a key, in
// order, and whether there are more.
func (l *lister) after(ctx context.Context, prefix, key string) (all []listed, more bool, err error) {
	out, err := l.request(ctx, &s3.ListObjectsV2Input{Prefix: &prefix, StartAfter: &key})
	if err != nil {
		return nil, false, err
	}
	for _, o := range out.Contents {
		item := listed{key: plain(o.Key), size: -1}
		if o.Size != nil {
			item.size = *o.Size
		}
		if o.LastModified != nil {
			item.modified = *o.LastModified
		}
		all = append(all, item)
	}
	return all, len(all) > 0 && out.IsTruncated != nil && *out.IsTruncated, nil
}

// folders calls use with the names of the folders in a folder.
func (l *lister) folders(ctx context.Context, folder string, use func(name string) error) error {
	slash := "/"
	in := &s3.ListObjectsV2Input{Prefix: &folder, Delimiter: &slash}
	for {
		out, err := l.request(ctx, in)
		if err != nil {
			return err
		}
		for _, c := range out.CommonPrefixes {
			if err := use(strings.TrimSuffix(strings.TrimPrefix(plain(c.Prefix), folder), "/")); err != nil {
				return err
			}
		}
		if out.IsTruncated == nil || !*out.IsTruncated || out.NextContinuationToken == nil {
			return nil
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

// regions calls use with the folders of all regions of all accounts.
func (l *lister) regions(ctx context.Context, from layout.Prefix, insights bool, use func(folder string)) error {
	switch from.Level {
	case layout.Region:
		use(from.Path)
		return nil
	case layout.Base:
		return l.regions(ctx, layout.Prefix{Path: from.Path + "AWSLogs/", Level: layout.Logs}, insights, use)
	case layout.Account: // which may have folders of many other services
		for _, service := range []string{layout.Events, layout.Insights} {
			if service == layout.Insights && !insights {
				continue
			}
			if err := l.regions(ctx, layout.Prefix{Path: from.Path + service + "/", Level: layout.Service}, insights, use); err != nil {
				return err
			}
		}
		return nil
	}
	return l.folders(ctx, from.Path, func(name string) error {
		level, ok := from.Below(name)
		if !ok {
			return nil
		}
		return l.regions(ctx, layout.Prefix{Path: from.Path + name + "/", Level: level}, insights, use)
	})
}
