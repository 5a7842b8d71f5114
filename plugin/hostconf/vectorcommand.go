package hostconf

import (
	"net"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fluent-detect/fluent-detect/detector/spelling"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// commandFlag is a flag of a command.
type commandFlag struct {
	value string
	at    *yaml.Node
}

// commands checks the sidecars that Vector starts: their flags, and whether their
// addresses are those of the sinks and sources.
func (v *vectorConfig) commands(ingest []component) {
	for _, c := range v.components {
		if c.kind != "source" || c.plugin != "exec" {
			continue
		}
		if flags := v.sidecarFlags(c); flags != nil {
			v.sidecarAddresses(c, flags, ingest)
		}
	}
	for _, sink := range ingest {
		v.ownPort(sink)
	}
}

// sidecarFlags returns the flags of a source that runs fluent-detect serve, nil for
// others.
func (v *vectorConfig) sidecarFlags(c component) map[string]commandFlag {
	list := c.node("command")
	if list == nil || len(list.Content) < 2 || path.Base(target(list.Content[0]).Value) != "fluent-detect" || target(list.Content[1]).Value != "serve" {
		return nil
	}
	known := []string{"config", "help"}
	for _, k := range settings.SidecarKeys() {
		known = append(known, strings.ReplaceAll(k.Name, "_", "-"))
	}
	flags := map[string]commandFlag{}
	for args := list.Content[2:]; len(args) > 0; args = args[1:] {
		arg := target(args[0])
		name, value, assigned := strings.Cut(strings.TrimPrefix(arg.Value, "--"), "=")
		if !strings.HasPrefix(arg.Value, "--") {
			continue
		}
		if !slices.Contains(known, name) {
			v.failAt(c, arg, "command: fluent-detect serve has no flag --%s%s", name, spelling.Suggest(name, known))
		}
		if !assigned && len(args) > 1 {
			args = args[1:]
			value = target(args[0]).Value
		}
		flags[name] = commandFlag{value, arg}
	}
	return flags
}

// sidecarAddresses compares the addresses in the flags of a sidecar with those of the
// sinks and sources.
func (v *vectorConfig) sidecarAddresses(c component, flags map[string]commandFlag, ingest []component) {
	if _, ok := flags["config"]; ok {
		return // they are in that file
	}
	if _, ok := flags["state-path"]; !ok {
		v.warnAt(c, c.key, "command: --state-path is not set: undelivered alerts and the memory of duplicates are lost when the sidecar ends")
	}
	listen := "127.0.0.1:" + ingestPort
	if f, ok := flags["listen"]; ok {
		listen = f.value
	}
	_, want, _ := net.SplitHostPort(listen)
	for _, sink := range ingest {
		uri, at := sink.text("uri")
		if u, err := url.Parse(uri); err == nil && want != "" && portOf(u) != want {
			v.failAt(sink, at, "uri: port %s, and %s starts fluent-detect serve at %s", portOf(u), c.title(), listen)
		}
	}
	alerts, ok := flags["alerts"]
	if !ok || alerts.value == "-" {
		return
	}
	u, err := url.Parse(alerts.value)
	if err != nil {
		return
	}
	for _, source := range v.answering {
		address, at := source.text("address")
		if _, port, err := net.SplitHostPort(address); err == nil && port != portOf(u) {
			v.failAt(source, at, "address: port %s, and %s sends the alerts to %s", port, c.title(), alerts.value)
		}
		p, at := source.text("path")
		if p == "" {
			p = "/"
		}
		if strict, _ := source.text("strict_path"); strings.Trim(p, "/") != strings.Trim(u.Path, "/") && strict != "false" {
			v.failAt(source, at, "path: %q, and %s sends the alerts to %s", p, c.title(), alerts.value)
		}
		if on, at := source.text("tls.enabled"); on == "true" && u.Scheme == "http" {
			v.failAt(source, at, "tls.enabled is true, and %s sends the alerts to %s", c.title(), alerts.value)
		}
		if user, at := source.text("auth.username"); user != "" && flags["alerts-username"].value != user {
			v.failAt(source, at, "auth.username is %q, and %s has no --alerts-username %s", user, c.title(), user)
		}
	}
}

// ownPort reports a sink that sends to a source of the same Vector.
func (v *vectorConfig) ownPort(sink component) {
	uri, at := sink.text("uri")
	u, err := url.Parse(uri)
	if err != nil {
		return
	}
	for _, c := range v.components {
		address, _ := c.text("address")
		host, port, err := net.SplitHostPort(address)
		if c.kind == "source" && err == nil && port == portOf(u) && (host == u.Hostname() || net.ParseIP(host).IsUnspecified()) {
			v.failAt(sink, at, "uri: %s is the address of %s, and not of fluent-detect serve", u.Host, c.title())
		}
	}
}

// portOf returns the port of a URL.
func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return strconv.Itoa(map[string]int{"http": 80, "https": 443}[u.Scheme])
}
