// Package useragent tells from the user agent that a client names which program and
// which operating system it is.
//
// The names are those that Elastic's user_agent processor gives; which of them are
// known is a table of ours: the clients of AWS, common browsers and libraries. It takes
// a microsecond and no memory, where the regular expressions of that processor take
// milliseconds for a text that is made for it.
package useragent

import (
	"bytes"
)

// Agent is what is known of a user agent.
type Agent struct {
	Name    string // "Other" for what is not known
	Version []byte // in the text that was parsed; empty if it is not known
	OS      string // empty if it is not known
	Device  string // "Other" for computers; empty if it is not known

	osVersion [24]byte
	osLength  int
}

// OSVersion returns the version of the operating system, empty if it is not known. It is
// valid as long as the Agent is.
func (a *Agent) OSVersion() []byte { return a.osVersion[:a.osLength] }

// MaxText is how many bytes of a user agent are looked at.
const MaxText = 512

// other is the name of what is not known.
const other = "Other"

// Parse sets the agent to what is known of the text. It keeps the text.
func (a *Agent) Parse(text []byte) {
	text = text[:min(len(text), MaxText)]
	*a = Agent{Name: other}
	a.Name, a.Version = client(text)
	a.findOS(text)
	a.Device = device(text, a.OS)
}

// product is a program, by the token that stands before its version.
type product struct {
	token, name string
	parts       int    // of a version
	mobile      string // the name if the text has mark
	mark        string
	version     string // the token before the version, if it is another one
}

// awsClients are the clients of AWS: the one that comes first in the text counts.
var awsClients = []product{
	{token: "Boto3/", name: "Boto3", parts: 3}, {token: "Boto/", name: "Boto", parts: 3},
	{token: "aws-cli/", name: "aws-cli", parts: 3},
	{token: "aws-sdk-go/", name: "aws-sdk-go", parts: 3}, {token: "aws-sdk-go-v2/", name: "aws-sdk-go-v2", parts: 3},
	{token: "aws-sdk-java/", name: "aws-sdk-java", parts: 3}, {token: "aws-sdk-nodejs/", name: "aws-sdk-nodejs", parts: 3},
	{token: "aws-sdk-cpp/", name: "aws-sdk-cpp", parts: 3}, {token: "aws-sdk-dotnet-core/", name: "aws-sdk-dotnet-core", parts: 3},
	{token: "aws-sdk-ruby/", name: "aws-sdk-ruby", parts: 3}, {token: "aws-sdk-ruby2/", name: "aws-sdk-ruby2", parts: 3},
	{token: "JetS3t/", name: "JetS3t", parts: 3}, {token: "s3fs/", name: "s3fs", parts: 3},
}

// products are other programs: the one that is first in the list counts.
var products = []product{
	{token: "EdgA/", name: "Edge Mobile", parts: 4}, {token: "EdgiOS/", name: "Edge Mobile", parts: 4},
	{token: "Edg/", name: "Edge", parts: 4}, {token: "Edge/", name: "Edge", parts: 4},
	{token: "OPR/", name: "Opera", parts: 4, mobile: "Opera Mobile", mark: "Mobile"},
	{token: "Opera/", name: "Opera", parts: 4, version: "Version/"},
	{token: "YaBrowser/", name: "Yandex Browser", parts: 4},
	{token: "Vivaldi/", name: "Vivaldi", parts: 4},
	{token: "SamsungBrowser/", name: "Samsung Internet", parts: 3},
	{token: "Brave/", name: "Brave", parts: 3},
	{token: "HeadlessChrome/", name: "HeadlessChrome", parts: 4},
	{token: "CriOS/", name: "Chrome Mobile iOS", parts: 4},
	{token: "FxiOS/", name: "Firefox iOS", parts: 3},
	{token: "Chromium/", name: "Chromium", parts: 4},
	{token: "Chrome/", name: "Chrome", parts: 4, mobile: "Chrome Mobile", mark: "Mobile Safari/"},
	{token: "Firefox/", name: "Firefox", parts: 3, mobile: "Firefox Mobile", mark: "Mobile"},
	{token: "MSIE ", name: "IE", parts: 2}, {token: "Trident/", name: "IE", parts: 2, version: "rv:"},
	{token: "Safari/", name: "Safari", parts: 3, mobile: "Mobile Safari", mark: "Mobile/", version: "Version/"},

	{token: "curl/", name: "curl", parts: 3}, {token: "Wget/", name: "Wget", parts: 3},
	{token: "Go-http-client/", name: "Go-http-client", parts: 3},
	{token: "aiohttp/", name: "Python aiohttp", parts: 3}, {token: "python-requests/", name: "Python Requests", parts: 2},
	{token: "Python-urllib/", name: "Python-urllib", parts: 3},
	{token: "okhttp/", name: "okhttp", parts: 3}, {token: "Apache-HttpClient/", name: "Apache-HttpClient", parts: 3},
	{token: "axios/", name: "axios", parts: 3}, {token: "PostmanRuntime/", name: "PostmanRuntime", parts: 3},
	{token: "S3 Browser ", name: "S3 Browser", parts: 3}, {token: "Cyberduck/", name: "Cyberduck", parts: 3},
	{token: "rclone/v", name: "rclone", parts: 2},
}

// client returns the program and its version.
func client(text []byte) (name string, version []byte) {
	name = other
	first := len(text)
	for i := range awsClients {
		p := &awsClients[i]
		if at, v := find(text, p.token, p.parts); at >= 0 && at < first && bytes.IndexByte(v, '.') > 0 {
			first, name, version = at, p.name, v
		}
	}
	if first < len(text) {
		return name, version
	}
	for i := range products {
		p := &products[i]
		at, v := find(text, p.token, p.parts)
		if at < 0 {
			continue
		}
		if p.version != "" {
			if _, v = find(text, p.version, p.parts); v == nil {
				continue
			}
		}
		if p.mobile != "" && contains(text, p.mark) {
			return p.mobile, v
		}
		return p.name, v
	}
	return other, nil
}

// find returns where a token stands that is not a part of a word and has a number behind it,
// and the version behind it with that many parts at most; -1 if there is none.
func find(text []byte, token string, parts int) (at int, version []byte) {
	for begin := 0; ; {
		at = index(text[begin:], token)
		if at < 0 {
			return -1, nil
		}
		at += begin
		begin = at + len(token)
		if at > 0 && isWord(text[at-1]) {
			continue
		}
		if n := versionAt(text[begin:], parts, '.'); n > 0 {
			return at, text[begin : begin+n]
		}
	}
}

// versionAt returns how long the version at the beginning of the text is.
func versionAt(text []byte, parts int, separator byte) (n int) {
	for ; parts > 0; parts-- {
		digits := 0
		if n > 0 {
			if n >= len(text) || text[n] != separator {
				return n
			}
			digits = 1
		}
		end := n + digits
		for end < len(text) && '0' <= text[end] && text[end] <= '9' {
			end++
		}
		if end == n+digits {
			return n
		}
		n = end
	}
	return n
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

func index(text []byte, token string) int {
	return bytes.Index(text, []byte(token)) // does not allocate: the compiler knows
}

func contains(text []byte, token string) bool { return index(text, token) >= 0 }

// windows are the versions of Windows by those of NT.
var windows = []struct{ nt, version string }{
	{"Windows NT 10.0", "10"}, {"Windows NT 6.3", "8.1"}, {"Windows NT 6.2", "8"}, {"Windows NT 6.1", "7"},
	{"Windows NT 6.0", "Vista"}, {"Windows NT 5.1", "XP"},
}

// systems are operating systems by the text before their version, the first that is there
// counts.
var systems = []struct {
	token, name string
	separator   byte
}{
	{"CPU iPhone OS ", "iOS", '_'}, {"CPU OS ", "iOS", '_'}, {"Android ", "Android", '.'},
	{"CrOS x86_64 ", "Chrome OS", '.'}, {"CrOS aarch64 ", "Chrome OS", '.'}, {"CrOS armv7l ", "Chrome OS", '.'},
	{"Mac OS X/", "Mac OS X", '.'}, {"Mac OS X ", "Mac OS X", '_'}, {"; darwin;", "Mac OS X", '.'},
	{"Ubuntu/", "Ubuntu", '.'}, {"Ubuntu", "Ubuntu", '.'}, {"Fedora/", "Fedora", '.'}, {"Fedora", "Fedora", '.'},
	{"CentOS", "CentOS", '.'}, {"Red Hat", "Red Hat", '.'}, {"openSUSE", "openSUSE", '.'}, {"SUSE", "SUSE", '.'}, {"Gentoo", "Gentoo", '.'},
	{"FreeBSD ", "FreeBSD", '.'}, {"OpenBSD ", "OpenBSD", '.'}, {"NetBSD ", "NetBSD", '.'},
	{"Linux/", "Linux", '.'}, {"Linux ", "Linux", '.'}, {"Linux", "Linux", '.'}, {"linux", "Linux", '.'},
}

// findOS finds the operating system.
func (a *Agent) findOS(text []byte) {
	for _, w := range windows {
		if contains(text, w.nt) {
			a.OS, a.osLength = "Windows", copy(a.osVersion[:], w.version)
			return
		}
	}
	for _, token := range [...]string{"Windows/", "OS/Windows"} {
		if contains(text, token) {
			a.OS = "Windows"
			return
		}
	}
	for i := range systems {
		s := &systems[i]
		at := index(text, s.token)
		if at < 0 {
			continue
		}
		a.OS = s.name
		rest := text[at+len(s.token):]
		n := versionAt(rest, 4, s.separator)
		if m := versionAt(rest, 4, '.'); m > n {
			n = m
		}
		if s.name == "Linux" && bytes.IndexByte(rest[:n], '.') < 0 {
			n = 0
		}
		a.osLength = copy(a.osVersion[:], rest[:n])
		for i, c := range a.osVersion[:a.osLength] {
			if c == '_' {
				a.osVersion[i] = '.'
			}
		}
		return
	}
}

// device returns the device.
func device(text []byte, os string) string {
	for _, token := range [...]string{"bot", "Bot", "spider", "Spider", "crawler", "Crawler"} {
		if contains(text, token) {
			return "Spider"
		}
	}
	for _, name := range [...]string{"iPhone", "iPad", "iPod"} {
		if contains(text, name) {
			return name
		}
	}
	switch {
	case os == "Android":
		return "" // it would be the model
	case os == "Mac OS X" && (contains(text, "Macintosh") || contains(text, "Mac OS X/")):
		return "Mac"
	}
	return other
}
