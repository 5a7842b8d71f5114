package sidecar

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// getStatus returns the page.
func (r *running) getStatus(user, password string) (*http.Response, string) {
	r.t.Helper()
	q, _ := http.NewRequest(http.MethodGet, "http://"+r.Addr().String()+"/", nil)
	if user != "" {
		q.SetBasicAuth(user, password)
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer, string(body)
}

const hostileName = "</td><script>document.title='hostile'</script>\u202e\x00<img src=x>"

// pushedKey is an event that the built-in rule matches. Its user is a hostile name.
func pushedKey(t *testing.T) string {
	t.Helper()
	event, err := json.Marshal(map[string]any{
		"eventVersion": "1.08", "eventTime": "2024-08-01T12:00:00Z", "eventSource": "ec2-instance-connect.amazonaws.com", "eventName": "SendSSHPublicKey",
		"eventID": "6f2b1c8e-0000-4000-8000-000000000001", "awsRegion": "eu-central-1", "sourceIPAddress": "192.0.2.7", "recipientAccountId": "111122223333",
		"userIdentity":      map[string]any{"type": "IAMUser", "userName": hostileName, "arn": "arn:aws:iam::111122223333:user/x", "accountId": "111122223333"},
		"requestParameters": map[string]any{"instanceId": "i-0123456789abcdef0", "sSHPublicKey": "ssh-ed25519 AAAA"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(event)
}

func eventually(t *testing.T, ok func() bool, what string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func TestStatusPage(t *testing.T) {
	r := run(t, keys{"self_test": "1h"})
	r.post(pushedKey(t), http.StatusOK)
	r.post(`{"<b>payload":"\"eventName\":\"x\" \"eventSource\":\"y\""}`, http.StatusOK)
	var answer *http.Response
	var body string
	eventually(t, func() bool {
		answer, body = r.getStatus("", "")
		return strings.Contains(body, `id="last"`)
	}, "the page has no alert")
	for _, want := range []string{
		`<strong id="alerts">1</strong>`, "AWS EC2 Instance Connect SSH Public Key Uploaded", "SSH public key pushed to i-0123456789abcdef0", "lag ", "Self-test", "Near misses", "Unrecognised", "&lt;b&gt;payload",
		"&lt;/td&gt;&lt;script&gt;",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	for _, unwanted := range []string{"<script", "<img", "\u202e", "\x00", "href", " src="} {
		if strings.Contains(strings.ReplaceAll(body, "&lt;img src=x&gt;", ""), unwanted) {
			t.Errorf("the page has %q", unwanted)
		}
	}
	policy := answer.Header.Get("Content-Security-Policy")
	own := html.UnescapeString(regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(body)[1])
	if policy != own+"; frame-ancestors 'none'" || !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("policy %s, in the page %s, header %v", policy, own, answer.Header)
	}
	if answer, _ := http.Post("http://"+r.Addr().String()+"/", "text/plain", nil); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST / is answered with %s", answer.Status)
	}
	if answer, _ := http.Get("http://" + r.Addr().String() + "/other"); answer.StatusCode != http.StatusNotFound {
		t.Errorf("GET /other is answered with %s", answer.Status)
	}
}

func TestStatusPageAsksForThePassword(t *testing.T) {
	r := run(t, keys{"listen_username": "u", "listen_password": "correct horse"})
	for password, want := range map[string]int{"": 401, "wrong": 401, "correct horse": 200} {
		if answer, body := r.getStatus("u", password); answer.StatusCode != want || want != 200 && strings.Contains(body, "Rules") {
			t.Errorf("%q: %s", password, answer.Status)
		}
	}
	if answer, _ := r.getStatus("", ""); answer.StatusCode != 401 || answer.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("without a name: %s", answer.Status)
	}
}

// A real browser shows it, and runs nothing of it.
func TestStatusPageInBrowser(t *testing.T) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("not tested: no chromium is on PATH")
	}
	r := run(t, keys{})
	r.post(pushedKey(t), http.StatusOK)
	eventually(t, func() bool { _, body := r.getStatus("", ""); return strings.Contains(body, `id="last"`) }, "the page has no alert")
	args := []string{"--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + t.TempDir(), "--enable-logging=stderr", "--window-size=1200,1400"}
	url := "http://" + r.Addr().String() + "/"
	var log strings.Builder
	dump := exec.Command(path, append(args, "--dump-dom", url)...)
	dump.Stderr = &log
	dom, err := dump.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	for _, want := range []string{`<strong id="alerts">1</strong>`, "SSH public key pushed to i-0123456789abcdef0", "<title>fluent-detect · default</title>"} {
		if !strings.Contains(string(dom), want) {
			t.Errorf("the browser does not show %q:\n%s", want, dom)
		}
	}
	if strings.Contains(string(dom), "<img") || strings.Contains(string(dom), "<script") {
		t.Errorf("the page has an element of an event:\n%s", dom)
	}
	if strings.Contains(log.String(), "Content Security Policy") || strings.Contains(log.String(), "CONSOLE") {
		t.Errorf("the browser complains:\n%s", log.String())
	}
}

// The page can be read in the dark, in a narrow window and by keyboard.
func TestStatusPageIsForEverybody(t *testing.T) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("not tested: no chromium is on PATH")
	}
	r := run(t, keys{})
	r.post(pushedKey(t), http.StatusOK)
	eventually(t, func() bool { _, body := r.getStatus("", ""); return strings.Contains(body, `id="last"`) }, "the page has no alert")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1200, 1000), chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	defer cancel()
	if ctx, cancel = chromedp.NewContext(ctx); true {
		defer cancel()
	}
	do := func(actions ...chromedp.Action) {
		t.Helper()
		if err := chromedp.Run(ctx, actions...); err != nil {
			t.Fatal(err)
		}
	}
	eval := func(expression string) (text string) {
		t.Helper()
		do(chromedp.Evaluate("String("+expression+")", &text))
		return text
	}
	do(chromedp.Navigate("http://" + r.Addr().String() + "/"))
	const background, fits = `getComputedStyle(document.body).backgroundColor`, `document.documentElement.scrollWidth <= innerWidth`
	light := eval(background)
	if got := eval(fits); got != "true" {
		t.Error("the page is wider than the window")
	}
	do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}))
	if dark := eval(background); dark == light {
		t.Errorf("the dark mode is as light: %s", dark)
	}
	do(chromedp.EmulateViewport(380, 800))
	if got := eval(fits); got != "true" {
		t.Errorf("the page is %s wide in a window of %s", eval(`document.documentElement.scrollWidth`), eval(`innerWidth`))
	}
	// There is nothing to operate: all of it is read by scrolling, also with keys.
	if n := eval(`document.querySelectorAll("a[href], button, summary, input, select").length`); n != "0" {
		t.Errorf("%s elements to operate, which this does not test", n)
	}
	do(chromedp.KeyEvent(kb.End))
	eventually(t, func() bool {
		return eval(`scrollY > 0 && scrollY + innerHeight >= document.documentElement.scrollHeight - 2`) == "true"
	}, "the key End does not lead to the end of the page")
}
