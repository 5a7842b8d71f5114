package delivery

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// TLSConfig returns the settings of TLS for a connection to a receiver. With
// verify, its certificate must be trusted: by one of those in the PEM file, or, if
// caFile is empty, by the system.
func TLSConfig(verify bool, caFile string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: !verify}
	if caFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: it contains no certificate in PEM form", caFile)
	}
	return c, nil
}
