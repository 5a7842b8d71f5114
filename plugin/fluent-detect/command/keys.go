package command

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// keys are the detector's configuration keys as flags: dedup_ttl is
// --dedup-ttl. The detector's own table is what they are made of.
type keys struct {
	rules  []string // --rules may be given again and again
	values map[string]*string
}

// keyFlags adds a flag for each key of a detector but those.
func keyFlags(c *cobra.Command, but ...string) *keys {
	return keyFlagsOf(c, settings.DetectorKeys(), but...)
}

// keyFlagsOf adds a flag for each of the keys but those.
func keyFlagsOf(c *cobra.Command, all []settings.Key, but ...string) *keys {
	k := &keys{values: map[string]*string{}}
	for _, key := range all {
		if slices.Contains(but, key.Name) {
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

// rulesFlag adds the flag that names rules.
func rulesFlag(c *cobra.Command, rules *[]string) {
	c.Flags().Var(listValue{rules}, "rules", "rule files, directories or globs, or builtin; may be given several times (default builtin)")
}

func flagOf(key string) string { return strings.ReplaceAll(key, "_", "-") }

// describe is the key's meaning as a flag's help has it.
func describe(k settings.Key) string {
	text := k.Meaning + " (" + k.Type
	if k.Default != "" {
		text += "; default " + k.Default
	}
	return strings.ReplaceAll(text, "`", "") + ")"
}

// get is the detector's Getter.
func (k *keys) get(key string) string {
	if key == "rules" {
		return strings.Join(k.rules, ",")
	}
	if v := k.values[key]; v != nil {
		return *v
	}
	return ""
}

// read reads the configuration. The error names flags, not keys.
func (k *keys) read() (settings.Detector, error) {
	config, err := settings.ReadDetector(k.get)
	return config, asFlags(err)
}

// asFlags turns errors about keys into errors about flags.
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

// textValue is a flag whose value is read later.
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
