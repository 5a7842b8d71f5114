package aws

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Topic is a topic of an SNS.
const Topic = "arn:aws:sns:eu-west-1:111122223333:trail"

// The URLs of certificates of an SNS: one with its chain, and one without it.
const (
	Certificate    = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem"
	CutCertificate = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-cut.pem"
	SubscribeURL   = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t&TopicArn=" + Topic
)

// SNS is Amazon SNS as far as a subscriber sees it: certificates, signatures and
// confirmations. It is the transport of the subscriber.
type SNS struct {
	Roots *x509.CertPool // with its root certificate
	Down  bool           // it cannot be reached

	t     testing.TB
	key   *rsa.PrivateKey
	files map[string]string // by URL

	mu        sync.Mutex
	requested []string
}

// NewSNS returns an SNS whose certificate has that name, changed by the functions.
func NewSNS(t testing.TB, name string, change ...func(*x509.Certificate)) *SNS {
	t.Helper()
	root, rootKey := certificate(t, "Root", nil, nil)
	middle, middleKey := certificate(t, "Middle", root, rootKey)
	leaf, key := certificate(t, name, middle, middleKey, change...)
	s := &SNS{t: t, key: key, Roots: x509.NewCertPool(), files: map[string]string{
		Certificate: file(leaf, middle), CutCertificate: file(leaf), SubscribeURL: "<ConfirmSubscriptionResponse/>",
	}}
	s.Roots.AddCert(root)
	return s
}

// Requested returns the URLs that were requested.
func (s *SNS) Requested() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requested)
}

// RoundTrip answers a request.
func (s *SNS) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.requested = append(s.requested, r.URL.String())
	s.mu.Unlock()
	if s.Down {
		return nil, errors.New("no route to host")
	}
	body, ok := s.files[r.URL.String()]
	answer := &http.Response{StatusCode: 200, Status: "200 OK", Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}, Request: r}
	if !ok {
		answer.StatusCode, answer.Status = 404, "404 Not Found"
	}
	return answer, nil
}

// Sign returns a message with these members and a signature over the names and values that
// are named, by a version of the signature.
func (s *SNS) Sign(version string, members map[string]string, names ...string) []byte {
	s.t.Helper()
	var text strings.Builder
	for _, name := range names {
		text.WriteString(name + "\n" + members[name] + "\n")
	}
	hash, sum := crypto.SHA1, sha1.Sum([]byte(text.String()))
	digest := sum[:]
	if version == "2" {
		sum := sha256.Sum256([]byte(text.String()))
		hash, digest = crypto.SHA256, sum[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, hash, digest)
	if err != nil {
		s.t.Fatal(err)
	}
	all := map[string]string{"SignatureVersion": version, "Signature": base64.StdEncoding.EncodeToString(signature), "SigningCertURL": Certificate}
	for name, value := range members {
		all[name] = value
	}
	body, err := json.Marshal(all)
	if err != nil {
		s.t.Fatal(err)
	}
	return body
}

// Notification returns a signed notification of a topic with a text.
func (s *SNS) Notification(version, text string) []byte {
	return s.Sign(version, map[string]string{
		"Type": "Notification", "MessageId": "m-1", "TopicArn": Topic, "Message": text, "Timestamp": "2026-03-02T09:00:00.000Z",
		"UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
	}, "Message", "MessageId", "Timestamp", "TopicArn", "Type")
}

// Confirmation returns a signed message that asks to confirm a subscription at a URL.
func (s *SNS) Confirmation(url string) []byte {
	return s.Sign("1", map[string]string{
		"Type": "SubscriptionConfirmation", "MessageId": "m-2", "TopicArn": Topic, "Message": "You have chosen to subscribe", "Token": "t",
		"SubscribeURL": url, "Timestamp": "2026-03-02T09:00:00.000Z",
	}, "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
}

// End returns a signed message that a subscription has ended.
func (s *SNS) End() []byte {
	return s.Sign("2", map[string]string{
		"Type": "UnsubscribeConfirmation", "MessageId": "m-3", "TopicArn": Topic, "Message": "You have chosen to deactivate the subscription", "Token": "t",
		"SubscribeURL": SubscribeURL, "Timestamp": "2026-03-02T09:00:00.000Z",
	}, "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
}

func certificate(t testing.TB, name string, parent *x509.Certificate, parentKey *rsa.PrivateKey, change ...func(*x509.Certificate)) (*x509.Certificate, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: !strings.Contains(name, "."),
	}
	if !c.IsCA {
		c.DNSNames = []string{name}
	} else {
		c.KeyUsage = x509.KeyUsageCertSign
	}
	for _, f := range change {
		f(c)
	}
	if parent == nil {
		parent, parentKey = c, key
	}
	data, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(data); err != nil {
		t.Fatal(err)
	}
	return c, key
}

func file(chain ...*x509.Certificate) string {
	var b bytes.Buffer
	for _, c := range chain {
		_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	return b.String()
}
