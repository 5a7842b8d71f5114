package settings

import (
	"errors"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// Input is the configuration of a detect_alerts input.
type Input struct {
	Channel     string
	Rules       []string // slugs; empty: all
	MinSeverity int      // 21, 47, 73, 99
}

// The host's own key Tag is the alerts' tag.
var inputKeys = []row[Input]{
	{Key: Key{"channel", "a name", "default",
		"emit the alerts of `detect` outputs with the same channel"},
		set: func(i *Input, v string) (err error) { i.Channel, err = parseName(v); return err }},
	{Key: Key{"rules", "rule slugs as in `alert_rule`, separated by commas", "",
		"emit only alerts of these rules. Default: all"},
		list: true,
		set:  func(i *Input, v string) error { i.Rules = parseList(v); return nil }},
	{Key: Key{"min_severity", "`low`, `medium`, `high` or `critical`", "low",
		"emit only alerts of at least this severity"},
		set: func(i *Input, v string) error {
			level, ok := rule.ParseSeverity(v)
			if !ok {
				return errInvalid
			}
			i.MinSeverity = int(level)
			return nil
		}},
}

// InputKeys returns the keys of [INPUT] Name detect_alerts.
func InputKeys() []Key { return keysOf(inputKeys) }

// ReadInput reads the configuration of a detect_alerts input. The error joins a
// *KeyError for each invalid value.
func ReadInput(get Getter) (Input, error) {
	var i Input
	v := values[Input]{inputKeys, get}
	err := errors.Join(v.read(&i)...)
	return i, err
}
