package sigma

import (
	"regexp"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/rule"
)

// tactics are the tactics of ATT&CK by the names that tags have, with dashes.
var tactics = map[string]rule.Tactic{
	"initial-access":       {ID: "TA0001", Name: "Initial Access"},
	"execution":            {ID: "TA0002", Name: "Execution"},
	"persistence":          {ID: "TA0003", Name: "Persistence"},
	"privilege-escalation": {ID: "TA0004", Name: "Privilege Escalation"},
	"defense-evasion":      {ID: "TA0005", Name: "Defense Evasion"},
	"stealth":              {ID: "TA0005", Name: "Stealth"},
	"credential-access":    {ID: "TA0006", Name: "Credential Access"},
	"discovery":            {ID: "TA0007", Name: "Discovery"},
	"lateral-movement":     {ID: "TA0008", Name: "Lateral Movement"},
	"collection":           {ID: "TA0009", Name: "Collection"},
	"exfiltration":         {ID: "TA0010", Name: "Exfiltration"},
	"command-and-control":  {ID: "TA0011", Name: "Command and Control"},
	"impact":               {ID: "TA0040", Name: "Impact"},
	"resource-development": {ID: "TA0042", Name: "Resource Development"},
	"reconnaissance":       {ID: "TA0043", Name: "Reconnaissance"},
	"defense-impairment":   {ID: "TA0112", Name: "Defense Impairment"},
}

const attack = "https://attack.mitre.org/"

var (
	techniqueTag = regexp.MustCompile(`^t(\d{4})(?:\.(\d{3}))?$`)
	groupTag     = regexp.MustCompile(`^g\d{4}$`)
	softwareTag  = regexp.MustCompile(`^s\d{4}$`)
)

// threats returns what tags say about ATT&CK. Tags do not say which technique is of which
// tactic, so that each tactic has all techniques.
func threats(tags []string) (list []rule.Threat, groups, software []string) {
	var named []rule.Tactic
	var techniques []rule.Technique
	for _, tag := range tags {
		name, ok := strings.CutPrefix(strings.ToLower(tag), "attack.")
		if !ok {
			continue
		}
		tactic, isTactic := tactics[strings.ReplaceAll(name, "_", "-")]
		switch {
		case isTactic:
			tactic.Reference = attack + "tactics/" + tactic.ID + "/"
			if !slices.Contains(named, tactic) {
				named = append(named, tactic)
			}
		case groupTag.MatchString(name):
			groups = append(groups, strings.ToUpper(name))
		case softwareTag.MatchString(name):
			software = append(software, strings.ToUpper(name))
		default:
			if m := techniqueTag.FindStringSubmatch(name); m != nil {
				techniques = addTechnique(techniques, m[1], m[2])
			}
		}
	}
	if len(named) == 0 && len(techniques) > 0 {
		named = []rule.Tactic{{}}
	}
	for _, tactic := range named {
		list = append(list, rule.Threat{Framework: "MITRE ATT&CK", Tactic: tactic, Technique: techniques})
	}
	return list, groups, software
}

func addTechnique(list []rule.Technique, number, sub string) []rule.Technique {
	id := "T" + number
	i := slices.IndexFunc(list, func(t rule.Technique) bool { return t.ID == id })
	if i < 0 {
		i = len(list)
		list = append(list, rule.Technique{ID: id, Reference: attack + "techniques/" + id + "/"})
	}
	t := &list[i]
	if sub != "" && !slices.ContainsFunc(t.Subtechnique, func(s rule.Technique) bool { return s.ID == id+"."+sub }) {
		t.Subtechnique = append(t.Subtechnique, rule.Technique{ID: id + "." + sub, Reference: attack + "techniques/" + id + "/" + sub + "/"})
	}
	return list
}
