package settings

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

func parseName(v string) (string, error) {
	if strings.ContainsFunc(v, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return v, errors.New("a name has no spaces and no control characters")
	}
	return v, nil
}

// parseList splits a list at its commas.
func parseList(v string) []string {
	var list []string
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// parseAdded parses a list of NAME=FIELD.
func parseAdded(v string) (event.AddedFields, error) {
	added := event.AddedFields{}
	for _, pair := range parseList(v) {
		name, field, ok := strings.Cut(pair, "=")
		name, field = strings.TrimSpace(name), strings.TrimSpace(field)
		if !ok || name == "" || field == "" || strings.ContainsAny(name+field, " \t=*\"'") {
			return nil, fmt.Errorf("%q is not of the form NAME=FIELD", pair)
		}
		if !slices.Contains(added[field], name) {
			added[field] = append(added[field], name)
		}
	}
	return added, nil
}

func parseCount(v string, maxCount int) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > maxCount {
		return 0, errInvalid
	}
	return n, nil
}

// noMax is for durations without an upper limit.
const noMax = 1<<63 - 1

// parseDuration parses Go's durations, and days as Elastic writes them.
func parseDuration(v string, maxDuration time.Duration) (time.Duration, error) {
	var d time.Duration
	var err error
	if days, ok := strings.CutSuffix(v, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 15) // at most 89 years
		d = time.Duration(n) * 24 * time.Hour
	} else {
		d, err = time.ParseDuration(v)
	}
	if err != nil || d < time.Second || d > maxDuration {
		return 0, errInvalid
	}
	return d, nil
}

// parseInterval parses a duration that may be 0 for never.
func parseInterval(v string) (time.Duration, error) {
	if v == "0" {
		return 0, nil
	}
	return parseDuration(v, noMax)
}

// IsDuration reports whether a text is a duration as keys take it.
func IsDuration(v string) bool {
	_, err := parseInterval(v)
	return err == nil
}

// parseListen parses a host and a port to listen on.
func parseListen(v string) (string, error) {
	_, port, err := net.SplitHostPort(v)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", errInvalid
	}
	return v, nil
}

func parseSwitch(v string) (bool, error) {
	switch strings.ToLower(v) {
	case "on", "true", "yes":
		return true, nil
	case "off", "false", "no":
		return false, nil
	}
	return false, errInvalid
}

// parseTag parses a tag with placeholders.
func parseTag(v string) (string, error) {
	rest := strings.NewReplacer("{rule}", "", "{severity}", "").Replace(v)
	if strings.ContainsAny(rest, "{}") {
		return v, errors.New("the placeholders are {rule} and {severity}")
	}
	return parseName(v)
}

// maxUnixPath is how long the path of a Unix socket can be.
const maxUnixPath = 107

func parseForwardTo(to string) (network, address string, err error) {
	network, address, _ = strings.Cut(to, "://")
	switch network {
	case "unix":
		if !strings.HasPrefix(address, "/") {
			return "", "", errors.New("the path must begin with /, as in unix:///run/fluent.sock")
		}
		if len(address) > maxUnixPath {
			return "", "", fmt.Errorf("the path of a Unix socket has at most %d bytes, this one has %d", maxUnixPath, len(address))
		}
		return network, address, nil
	case "tcp":
		host, port, err := net.SplitHostPort(address)
		if err != nil || host == "" {
			return "", "", errors.New("tcp:// must be followed by a host, a colon and a port")
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", "", fmt.Errorf("%q is not a port from 1 to 65535", port)
		}
		return network, address, nil
	}
	return "", "", errors.New("it begins with neither unix:// nor tcp://")
}

// maxForwardName bounds names in the handshake: receivers read it into a
// buffer of 1 KiB.
const maxForwardName = 255

func parseForwardName(v string) (string, error) {
	if len(v) > maxForwardName {
		return "", fmt.Errorf("it is longer than %d bytes", maxForwardName)
	}
	return v, nil
}
