package sns

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"time"
)

const (
	// maxCertificates is the maximum number of certificates that are remembered. SNS has
	// one or two per region.
	maxCertificates = 64
	// maxCertificateFile is the maximum size of a file with a certificate and its chain.
	maxCertificateFile = 64 << 10
	// timeout is for one request to SNS, which waits 15 seconds for the answer to a message: a
	// confirmation takes two, and has waited before to be read.
	timeout = 5 * time.Second
)

// A TemporaryError means that a message could not be verified or confirmed now: SNS could
// not be reached. The message has to come again.
type TemporaryError struct{ Err error }

func (e *TemporaryError) Error() string { return e.Err.Error() }

// Unwrap returns what went wrong.
func (e *TemporaryError) Unwrap() error { return e.Err }

// Verifier verifies messages of some topics. It is safe for concurrent use.
type Verifier struct {
	topics []string
	client *http.Client
	roots  *x509.CertPool // nil: the system's

	mu    sync.Mutex
	known map[string]*x509.Certificate // by the URL
}

// Service is how SNS is reached, and by which root certificates it is known. The zero
// value is a transport that uses the proxy in the environment, and the system's roots.
type Service struct {
	Transport http.RoundTripper
	Roots     *x509.CertPool
}

// NewVerifier returns a verifier for messages of topics with these ARNs.
func NewVerifier(topics []string, service Service) *Verifier {
	transport := service.Transport
	if transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.MaxIdleConns = 1
		transport = own
	}
	return &Verifier{
		topics: topics,
		roots:  service.Roots,
		known:  map[string]*x509.Certificate{},
		client: &http.Client{
			Transport:     transport,
			Timeout:       timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("it redirects, which SNS does not do") },
		},
	}
}

// IsListed reports whether messages of a topic are accepted.
func (v *Verifier) IsListed(topic string) bool { return slices.Contains(v.topics, topic) }

// Verify verifies that SNS has signed a message of a listed topic. A *TemporaryError means
// that this cannot be told now.
func (v *Verifier) Verify(ctx context.Context, m *Message) error {
	if !v.IsListed(m.TopicARN) {
		return fmt.Errorf("the topic %.300q is not listed in sns_topics", m.TopicARN)
	}
	region, err := ParseTopic(m.TopicARN)
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(m.Signature)
	if err != nil || len(signature) == 0 {
		return errors.New("the message has no signature in base64")
	}
	var hash crypto.Hash
	var digest []byte
	switch text := m.signedText(); m.SignatureVersion {
	case "1":
		sum := sha1.Sum(text)
		hash, digest = crypto.SHA1, sum[:]
	case "2":
		sum := sha256.Sum256(text)
		hash, digest = crypto.SHA256, sum[:]
	default:
		return fmt.Errorf("SignatureVersion is %.40q: it must be 1 or 2", m.SignatureVersion)
	}
	certificate, err := v.certificate(ctx, m.SigningCertURL, region)
	if err != nil {
		return err
	}
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		return errors.New("the key of the certificate in SigningCertURL is not one of RSA")
	}
	if rsa.VerifyPKCS1v15(key, hash, digest, signature) != nil {
		return errors.New("the signature is wrong: the message is not from SNS, or was changed")
	}
	return nil
}

// certificatePath matches the path of certificates.
var certificatePath = regexp.MustCompile(`^/SimpleNotificationService-[A-Za-z0-9]+\.pem$`)

// certificate returns the verified certificate at a URL.
func (v *Verifier) certificate(ctx context.Context, address, region string) (*x509.Certificate, error) {
	u, err := parseURL(address, region)
	if err != nil {
		return nil, fmt.Errorf("SigningCertURL: %w", err)
	}
	if !certificatePath.MatchString(u.Path) || u.RawQuery != "" {
		return nil, fmt.Errorf("SigningCertURL: the path %.200q is not that of a certificate of SNS", u.RequestURI())
	}
	v.mu.Lock()
	c := v.known[address]
	v.mu.Unlock()
	if c != nil && time.Now().Before(c.NotAfter) {
		return c, nil
	}
	data, err := v.get(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("SigningCertURL: %w", err)
	}
	if c, err = v.verifyChain(data, region); err != nil {
		return nil, fmt.Errorf("SigningCertURL: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.known) >= maxCertificates {
		clear(v.known)
	}
	v.known[address] = c
	return c, nil
}

// verifyChain returns the first certificate of a PEM file, whose chain is the rest of it.
func (v *Verifier) verifyChain(data []byte, region string) (*x509.Certificate, error) {
	var leaf *x509.Certificate
	chain := x509.NewCertPool()
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		switch {
		case err != nil:
			return nil, fmt.Errorf("the certificate cannot be read: %w", err)
		case leaf == nil:
			leaf = c
		default:
			chain.AddCert(c)
		}
	}
	if leaf == nil {
		return nil, errors.New("the file does not have a certificate in PEM")
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: v.roots, Intermediates: chain, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return nil, fmt.Errorf("the certificate is not trusted: %w", err)
	}
	names := append(slices.Clone(leaf.DNSNames), leaf.Subject.CommonName)
	if allowed := signers(region); !slices.ContainsFunc(names, func(name string) bool { return slices.Contains(allowed, name) }) {
		return nil, fmt.Errorf("the certificate is for %.200q: it must be for one of %q", leaf.Subject.CommonName, allowed)
	}
	return leaf, nil
}

// signers returns the names that certificates have which sign the messages of a region.
func signers(region string) []string {
	own := host(region)
	return []string{"sns.amazonaws.com", own, "sns-signing" + own[len("sns"):], "sns-" + own[len("sns."):]}
}

// parseURL parses a URL of SNS in a region. Other hosts are refused: whoever sends the
// message chooses the URL.
func parseURL(address, region string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("it is not a URL")
	}
	if want := host(region); u.Scheme != "https" || u.Host != want || u.User != nil || u.Opaque != "" {
		return nil, fmt.Errorf("%.200q does not begin with https://%s/", address, want)
	}
	return u, nil
}

// get requests a URL. Errors are temporary.
func (v *Verifier) get(ctx context.Context, u *url.URL) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := v.client.Do(r)
	if err != nil {
		return nil, &TemporaryError{err}
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxCertificateFile))
	if err != nil {
		return nil, &TemporaryError{err}
	}
	if answer.StatusCode != http.StatusOK {
		return nil, &TemporaryError{fmt.Errorf("%s answers %s", u.Host, answer.Status)}
	}
	return data, nil
}

// Confirm confirms the subscription that a verified message asks for.
func (v *Verifier) Confirm(ctx context.Context, m *Message) error {
	region, err := ParseTopic(m.TopicARN)
	if err != nil {
		return err
	}
	u, err := parseURL(m.SubscribeURL, region)
	if err != nil {
		return fmt.Errorf("SubscribeURL: %w", err)
	}
	if q := u.Query(); q.Get("Action") != "ConfirmSubscription" || q.Get("TopicArn") != m.TopicARN {
		return errors.New("SubscribeURL: it does not confirm a subscription to the topic of the message")
	}
	if _, err := v.get(ctx, u); err != nil {
		return fmt.Errorf("SubscribeURL: %w", err)
	}
	return nil
}
