package host

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
	"github.com/fluent-detect/fluent-detect/detector/ruletest"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	"github.com/fluent-detect/fluent-detect/plugin/settings"
)

// LoadRules loads the rules and the exceptions of the configuration, and runs the
// tests of the rules. The error is a *settings.KeyError of the key that is the
// cause.
func LoadRules(c *settings.Detector) (*ruleset.Set, error) {
	rules, err := ruleset.Load(c.Rules)
	if err != nil {
		return nil, keyError("rules", err)
	}
	if c.Exceptions != "" {
		if err := rules.LoadExceptions(c.Exceptions); err != nil {
			return nil, keyError("exceptions", err)
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
