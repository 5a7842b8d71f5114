package host

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/calendar"
	"github.com/fluent-detect/fluent-detect/detector/enrich/geo"
	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/ruletest"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// LoadRules loads the rules and the exceptions of the configuration, and runs the
// tests of the rules. The error is a *settings.KeyError of the key that is the
// cause.
func LoadRules(c *settings.Detector) (*ruleset.Set, error) {
	loader, err := NewLoader(c)
	if err != nil {
		return nil, err
	}
	rules, err := loader.Load(c.Rules)
	if err != nil {
		return nil, keyError("rules", err)
	}
	if c.Exceptions != "" {
		if err := rules.LoadExceptions(c.Exceptions); err != nil {
			return nil, keyError("exceptions", err)
		}
	}
	if c.CalendarPath != "" {
		if c.Calendar, err = calendar.Load(c.CalendarPath); err != nil {
			return nil, keyError("calendar", err)
		}
	}
	rules.CheckFields("suppress_by", c.SuppressBy)
	if c.RuleTests {
		if err := ruletest.Run(rules); err != nil {
			return nil, keyError("rule_tests", fmt.Errorf("tests in the rule files fail; off skips them:\n%w", err))
		}
	}
	return rules, nil
}

// NewLoader returns the loader for rules about events with the fields that the
// configuration adds. The error is a *settings.KeyError of the key that is the cause.
func NewLoader(c *settings.Detector) (l ruleset.Loader, err error) {
	var databases *geo.Databases
	if len(c.GeoDatabases) > 0 {
		if databases, err = geo.Open(c.GeoDatabases); err != nil {
			return l, keyError("geo_databases", err)
		}
	}
	return LoaderWith(databases, c)
}

// LoaderWith is NewLoader with databases that are open already.
func LoaderWith(databases *geo.Databases, c *settings.Detector) (l ruleset.Loader, err error) {
	if l, err = ruleset.NewLoader(databases, c.AddedFields); err != nil {
		return l, keyError("added_fields", err)
	}
	return l, nil
}

// keyError attributes an error to a key, unless its message begins with that key.
func keyError(key string, err error) error {
	if strings.HasPrefix(err.Error(), key+": ") {
		return err
	}
	return &settings.KeyError{Key: key, Err: err}
}

// logRules logs how many rules are loaded, and what in them has no effect.
func logRules(log logger.Log, rules *ruleset.Set) {
	log.Infof("%s loaded, %d skipped", logger.Count(len(rules.Rules), "rule"), len(rules.Skipped))
	for _, s := range rules.Skipped {
		log.Infof("skipped %s", s)
	}
	for _, line := range slices.Concat(rules.Warnings, rules.Expired(time.Now())) {
		log(logger.Warn, line)
	}
}
