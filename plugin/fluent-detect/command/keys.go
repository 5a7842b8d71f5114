package command

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/plugin/host"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// keys are configuration keys as flags: dedup_ttl is --dedup-ttl.
type keys struct {
	rules  []string // --rules may be given several times
	values map[string]*string
}

// keyFlags adds a flag for each of the keys, except some.
func keyFlags(c *cobra.Command, all []settings.Key, except ...string) *keys {
	k := &keys{values: map[string]*string{}}
	for _, key := range all {
		if slices.Contains(except, key.Name) {
			continue
		}
		name := flagOf(key.Name)
		if key.Name == "rules" {
			rulesFlag(c, &k.rules)
			continue
		}
		v := new(string)
		k.values[key.Name] = v
		c.Flags().Var(textValue{v}, name, describe(key))
	}
	return k
}

// fieldKeys are the keys that decide which fields events have.
var fieldKeys = []string{"geo_databases", "added_fields"}

// fieldFlags adds flags for these.
func fieldFlags(c *cobra.Command) *keys {
	return keyFlags(c, slices.DeleteFunc(settings.DetectorKeys(), func(k settings.Key) bool { return !slices.Contains(fieldKeys, k.Name) }))
}

// loader returns the loader for events with the fields of the flags.
func (k *keys) loader() (ruleset.Loader, error) {
	config, err := k.read()
	if err != nil {
		return ruleset.Loader{}, fail(exitUsage, err)
	}
	l, err := host.NewLoader(&config)
	if err != nil {
		return l, fail(exitUsage, asFlags(err))
	}
	return l, nil
}

// rulesFlag adds the flag --rules.
func rulesFlag(c *cobra.Command, rules *[]string) {
	c.Flags().Var(listValue{rules}, "rules", "rule files, directories or globs, or builtin; may be given several times (default builtin)")
}

func flagOf(key string) string { return strings.ReplaceAll(key, "_", "-") }

// describe returns the help of a flag.
func describe(k settings.Key) string {
	text := k.Meaning + " (" + k.Type
	if k.Default != "" {
		text += "; default " + k.Default
	}
	return strings.ReplaceAll(text, "`", "") + ")"
}

// get returns the value of a flag. It is a [settings.Getter].
func (k *keys) get(key string) string {
	if key == "rules" {
		return strings.Join(k.rules, ",")
	}
	if v := k.values[key]; v != nil {
		return *v
	}
	return ""
}

// read reads the configuration of a detector. The error names flags instead of keys.
func (k *keys) read() (settings.Detector, error) {
	config, err := settings.ReadDetector(k.get)
	return config, asFlags(err)
}

// asFlags converts errors of keys to errors of flags.
func asFlags(err error) error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, asFlags(e))
		}
		return errors.Join(all...)
	}
	var e *settings.KeyError
	if errors.As(err, &e) {
		flag := *e
		flag.Key = "--" + flagOf(e.Key)
		flag.Allowed = strings.ReplaceAll(e.Allowed, "`", "")
		return &flag
	}
	return err
}

// withFlag returns a line about a key as one about its flag.
func withFlag(line string) string {
	for _, k := range settings.DetectorKeys() {
		if rest, ok := strings.CutPrefix(line, k.Name+": "); ok {
			return "--" + flagOf(k.Name) + ": " + rest
		}
	}
	return line
}

// textValue is a flag that is parsed later.
type textValue struct{ text *string }

func (v textValue) String() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}
func (v textValue) Set(s string) error { *v.text = s; return nil }
func (v textValue) Type() string       { return "VALUE" }

// listValue is a flag that may be given several times.
type listValue struct{ list *[]string }

func (v listValue) String() string {
	if v.list == nil {
		return ""
	}
	return strings.Join(*v.list, ",")
}
func (v listValue) Set(s string) error { *v.list = append(*v.list, s); return nil }
func (v listValue) Type() string       { return "GLOB" }
