package aws

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// Moto is a moto_server, PyPI's moto[server], which serves S3, SQS, SNS and others.
type Moto struct {
	Address string
	Region  string
	t       testing.TB
}

// NewMoto starts a moto_server, which ends with the test, or skips the test if there is none
// on PATH.
func NewMoto(t testing.TB, region string) *Moto {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("not tested: no moto_server on PATH")
	}
	m := &Moto{freeport.Address(t), region, t}
	host, port, _ := strings.Cut(m.Address, ":")
	var log bytes.Buffer
	c := exec.Command(path, "-H", host, "-p", port)
	c.Stdout, c.Stderr = &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_ = c.Wait()
		close(done)
	}()
	t.Cleanup(func() {
		_ = c.Process.Kill()
		<-done
	})
	client := http.Client{Timeout: time.Second}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		answer, err := client.Get("http://" + m.Address + "/moto-api/")
		if err == nil {
			_ = answer.Body.Close()
			return m
		}
		select {
		case <-done:
			t.Fatalf("moto_server ended: %v\n%s", c.ProcessState, log.String())
		default:
		}
		if time.Now().After(end) {
			t.Fatal("moto_server does not serve after 30 s")
		}
	}
}

// Call makes a request to a service, and returns the body of the answer. moto looks at the
// service and the region in the signature, and at nothing else of it.
func (m *Moto) Call(service, method, path, kind string, body []byte) []byte {
	m.t.Helper()
	r, err := http.NewRequest(method, "http://"+m.Address+path, bytes.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=test/20260101/%s/%s/aws4_request, SignedHeaders=host, Signature=0", m.Region, service))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		m.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		m.t.Fatalf("%s %s: %s %v\n%s", method, path, answer.Status, err, text)
	}
	return text
}
