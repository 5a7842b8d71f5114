package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// Kind is a kind of error of a request.
type Kind uint8

// The kinds.
const (
	Denied      Kind = iota // not allowed
	Credentials             // there are none, or they are expired or wrong
	Throttled               // too many requests
	NotFound                // no such bucket, queue or object
	Network                 // no answer, or it stopped
	Server                  // an error of AWS'
	Other
	kinds
)

// String returns the kind in one word.
func (k Kind) String() string {
	return [...]string{"denied", "credentials", "throttled", "not_found", "network", "server", "other"}[k]
}

// AllKinds returns all kinds.
func AllKinds() (all []Kind) {
	for k := range kinds {
		all = append(all, k)
	}
	return all
}

// Errors counts requests that failed. It is safe for concurrent use.
type Errors struct{ counts [kinds]atomic.Uint64 }

// Of returns how many errors of a kind there were.
func (e *Errors) Of(k Kind) uint64 { return e.counts[k].Load() }

// Load returns how many errors there were.
func (e *Errors) Load() (n uint64) {
	for k := range e.counts {
		n += e.counts[k].Load()
	}
	return n
}

func (e *Errors) count(err error) { e.counts[kindOf(err)].Add(1) }

// credentialCodes are codes of errors about who makes a request.
var credentialCodes = map[string]bool{
	"ExpiredToken": true, "ExpiredTokenException": true, "RequestExpired": true, "InvalidToken": true, "InvalidClientTokenId": true, "UnrecognizedClientException": true,
	"InvalidAccessKeyId": true, "SignatureDoesNotMatch": true, "TokenRefreshRequired": true, "IncompleteSignature": true, "MissingAuthenticationToken": true,
}

// throttleCodes are those of too many requests.
var throttleCodes = map[string]bool{
	"SlowDown": true, "Throttling": true, "ThrottlingException": true, "ThrottledException": true, "RequestThrottled": true, "RequestThrottledException": true,
	"TooManyRequestsException": true, "RequestLimitExceeded": true, "OverLimit": true, "KmsThrottled": true, "KMS.ThrottlingException": true,
}

// kindOf returns the kind of an error of a request.
func kindOf(err error) Kind {
	code, status := codeOf(err), statusOf(err)
	var noAnswer net.Error
	switch {
	case credentialCodes[code]:
		return Credentials
	case throttleCodes[code], status == http.StatusTooManyRequests:
		return Throttled
	case isDenied(err):
		return Denied
	case status == http.StatusNotFound, strings.Contains(code, "NonExistentQueue"), strings.Contains(code, "QueueDoesNotExist"):
		return NotFound
	case status >= http.StatusInternalServerError:
		return Server
	case code != "" || status != 0:
		return Other
	case isSigning(err):
		return Credentials
	case errors.As(err, &noAnswer), errors.Is(err, errStalled), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.DeadlineExceeded):
		return Network
	}
	return Other
}

// isSigning reports whether a request was not made since there were no credentials to sign it
// with.
func isSigning(err error) bool {
	var operation *smithy.OperationError
	return errors.As(err, &operation) && strings.Contains(err.Error(), "get identity: ")
}

// codeOf returns the code of an error of AWS, such as AccessDenied, or "".
func codeOf(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

// statusOf returns the HTTP status of an error, or 0.
func statusOf(err error) int {
	var e *awshttp.ResponseError
	if errors.As(err, &e) {
		return e.HTTPStatusCode()
	}
	return 0
}

// isMissing reports whether an error says that an object does not exist.
func isMissing(err error) bool {
	switch codeOf(err) {
	case "NoSuchKey", "NoSuchVersion":
		return true
	case "NoSuchBucket":
		return false
	}
	return statusOf(err) == http.StatusNotFound
}

// isDenied reports whether an error says that something is not allowed.
func isDenied(err error) bool {
	code := codeOf(err)
	return statusOf(err) == http.StatusForbidden || strings.Contains(code, "AccessDenied") || strings.HasPrefix(code, "KMS.")
}

// shortError returns an error of AWS without the request's details.
func shortError(err error) error {
	var e smithy.APIError
	if errors.As(err, &e) {
		if e.ErrorMessage() == "" {
			return errors.New(e.ErrorCode())
		}
		return fmt.Errorf("%s: %s", e.ErrorCode(), e.ErrorMessage())
	}
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		err = operation.Err
	}
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
