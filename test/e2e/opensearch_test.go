package e2e

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// openSearch is a real OpenSearch, with a proxy before it that speaks TLS and counts what
// an index answers.
type openSearch struct {
	t     *testing.T
	url   string
	index string
	*standIn

	mu       sync.Mutex
	stored   int      // documents that were accepted, each time they came
	again    int      // of these were there already
	refusals []string // errors of documents, a request each time
}

// openSearchURL starts the node that make opensearch has fetched, or takes the one at
// OPENSEARCH_URL. Without either the test is skipped.
func openSearchURL(t *testing.T) string {
	t.Helper()
	if at := os.Getenv("OPENSEARCH_URL"); at != "" {
		return at
	}
	return runOpenSearch(t)
}

// newOpenSearch returns a proxy for an index at that address.
func newOpenSearch(t *testing.T, address, index string) *openSearch {
	t.Helper()
	o := &openSearch{t: t, url: address, index: index}
	target, err := url.Parse(o.url)
	if err != nil {
		t.Fatal(err)
	}
	cert, key := certificate(t, t.TempDir())
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	o.standIn = &standIn{ca: cert}
	o.server = httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Del("Accept-Encoding") // the answers are read
		},
		ModifyResponse: o.read,
	})
	o.server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	o.server.StartTLS()
	t.Cleanup(o.server.Close)
	return o
}

// edits change the shipped configuration: its alerts go to the index.
func (o *openSearch) edits(t *testing.T) []edit {
	return append(o.standIn.edits(t, "127.0.0.1", "9200"),
		edit{`@INCLUDE output-stdout`, "@INCLUDE output-opensearch"},
		edit{`(?m)^( +Index +)fluent-detect-alerts$`, "${1}" + o.index})
}

// runOpenSearch runs a node and returns its address. It is stopped with the test.
func runOpenSearch(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(root, "build/opensearch")
	java, err := exec.LookPath("java")
	if _, found := os.Stat(filepath.Join(dir, "node.jar")); err != nil || found != nil {
		t.Skip("neither OPENSEARCH_URL nor java and build/opensearch, which make opensearch fetches: not tested with a real OpenSearch: " + t.Name())
	}
	port := freeport.Find(t)
	home := t.TempDir()
	log, err := os.Create(filepath.Join(home, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(java, "-Xmx1g", "-XX:TieredStopAtLevel=1", "-cp", dir+"/node.jar:"+dir+"/lib/*", "OneNode", home, fmt.Sprint(port))
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is killed
		close(done)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-done
		_ = log.Close()
	})
	address := fmt.Sprintf("http://127.0.0.1:%d", port)
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		select {
		case <-done:
			t.Fatalf("OpenSearch ended:\n%s", readFile(t, log.Name()))
		default:
		}
		if r, err := http.Get(address); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return address
			}
		}
	}
	t.Fatalf("OpenSearch does not answer:\n%s", readFile(t, log.Name()))
	return ""
}

// bulkAnswer is what an index says to a request with documents.
type bulkAnswer struct {
	Items []map[string]struct {
		Status int
		Result string
		Error  json.RawMessage
	}
}

// read counts the documents in an answer.
func (o *openSearch) read(r *http.Response) error {
	if !strings.HasSuffix(r.Request.URL.Path, "/_bulk") {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	o.mu.Lock()
	defer o.mu.Unlock()
	var answer bulkAnswer
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Items) == 0 {
		o.refusals = append(o.refusals, string(body))
		return nil
	}
	for _, item := range answer.Items {
		for _, document := range item {
			switch {
			case document.Status >= 300:
				o.refusals = append(o.refusals, string(document.Error))
			case document.Result == "updated":
				o.again++
				fallthrough
			default:
				o.stored++
			}
		}
	}
	return nil
}

// counts returns how many documents were accepted, how many of these replaced one, and
// the refusals.
func (o *openSearch) counts() (stored, again int, refusals []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stored, o.again, o.refusals
}

// log logs what the index answered.
func (o *openSearch) log(t *testing.T) {
	t.Helper()
	stored, again, refusals := o.counts()
	t.Logf("%d documents accepted, of these %d again; %d refused", stored, again, len(refusals))
	if t.Failed() && len(refusals) > 0 {
		t.Logf("the last refusal: %.1000s", refusals[len(refusals)-1])
	}
}

// do sends a request and decodes the answer into v, which may be nil.
func (o *openSearch) do(method, path, body string, v any) {
	o.t.Helper()
	r, err := http.NewRequest(method, o.url+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	if answer.StatusCode >= 300 {
		o.t.Fatalf("%s %s: %s: %.2000s", method, path, answer.Status, data)
	}
	if v != nil {
		if err := json.Unmarshal(data, v); err != nil {
			o.t.Fatalf("%s %s: %v: %.2000s", method, path, err, data)
		}
	}
}

// search returns how many documents a query finds.
func (o *openSearch) search(query string) int {
	o.t.Helper()
	o.do("POST", "/"+o.index+"/_refresh", "", nil)
	return o.count(query)
}

// documents returns how many documents are in the index, or none if there is no index. It
// does not see those of the last second.
func (o *openSearch) documents() int {
	o.t.Helper()
	time.Sleep(100 * time.Millisecond)
	r, err := http.Head(o.url + "/" + o.index)
	if err != nil {
		o.t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode == http.StatusNotFound {
		return 0
	}
	return o.count(`{"match_all":{}}`)
}

func (o *openSearch) count(query string) int {
	o.t.Helper()
	var found struct{ Count int }
	o.do("POST", "/"+o.index+"/_count", `{"query":`+query+`}`, &found)
	return found.Count
}

// put sends documents, of which each has its id, and returns the errors of those that
// were refused.
func (o *openSearch) put(index string, documents map[string]string) (refused []string) {
	o.t.Helper()
	var b strings.Builder
	send := func() {
		var answer bulkAnswer
		o.do("POST", "/_bulk", b.String(), &answer)
		for _, item := range answer.Items {
			for _, document := range item {
				if document.Status >= 300 {
					refused = append(refused, string(document.Error))
				}
			}
		}
		b.Reset()
	}
	for id, document := range documents {
		fmt.Fprintf(&b, `{"index":{"_index":%q,"_id":%q}}`+"\n%s\n", index, id, document)
		if b.Len() > 4<<20 {
			send()
		}
	}
	if b.Len() > 0 {
		send()
	}
	return refused
}

// loadTemplate loads the template with the commands that the documents have for it.
func (o *openSearch) loadTemplate() {
	o.t.Helper()
	for name, folder := range map[string]string{"README.md": ".", "conf/README.md": "conf"} {
		readme := readFile(o.t, filepath.Join(root, name))
		command := regexp.MustCompile(`(?m)^ +(curl .*opensearch/index-template\.json.*)$`).FindStringSubmatch(readme)
		if command == nil || !strings.Contains(readme, strings.ReplaceAll(command[1], "opensearch", "elasticsearch")) {
			o.t.Fatalf("%s does not have the two commands that load opensearch/index-template.json and elasticsearch/index-template.json", name)
		}
		load := exec.Command("sh", "-c", strings.ReplaceAll(command[1], "https://127.0.0.1:9200", "--cacert "+o.ca+" "+o.server.URL))
		load.Dir = filepath.Join(root, folder)
		load.Env = append(os.Environ(), "ALERTS_USER=user", "ALERTS_PASSWORD=password")
		if out, err := load.CombinedOutput(); err != nil || !strings.Contains(string(out), `"acknowledged":true`) {
			o.t.Fatalf("%s: %s: %v: %s", name, load, err, out)
		}
	}
}
