package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A permission is what METADATA says at one of its scopes:
//
//	# custom:
//	#   regate:
//	#     allow: [optional-fact]
//	#     why: A request without a body has nothing to limit.
//	#     library: true
type permission struct {
	allow   []string
	why     string
	library bool
	at      *ast.Location
}

var allowable = []string{CodeOptionalFact, CodeUndefinedNot, CodeDeadRule}

// checkPermissions reports permissions without a reason, and those for a lint that there is not. They permit nothing.
func (l *linter) checkPermissions() {
	seen := map[place]bool{}
	for _, one := range l.all() {
		for _, given := range l.permissions(one.rule) {
			if seen[placeOf(given.at)] || len(given.allow) == 0 {
				continue
			}
			seen[placeOf(given.at)] = true
			for _, code := range given.allow {
				if !slices.Contains(allowable, code) {
					l.findings = append(l.findings, Finding{
						Code: CodeBadPermission, Location: given.at,
						Message: fmt.Sprintf("METADATA allows %q, which is no lint", code),
						Help:    []string{"the lints are " + strings.Join(allowable, ", ")},
					})
				}
			}
			if strings.TrimSpace(given.why) == "" {
				l.findings = append(l.findings, Finding{
					Code: CodeBadPermission, Location: given.at,
					Message: "METADATA allows " + strings.Join(given.allow, ", ") + " without a reason, so it is not allowed",
					Help:    []string{`give the reason beside it: "why: ..."`},
				})
			}
		}
	}
}

// permits tells whether METADATA of the rule, or of what the rule is in, allows a finding.
func (l *linter) permits(rule *ast.Rule, code string) bool {
	return slices.ContainsFunc(l.permissions(rule), func(given permission) bool {
		return slices.Contains(given.allow, code) && strings.TrimSpace(given.why) != ""
	})
}

// isLibrary tells whether METADATA says that the rule is there for others to call.
func (l *linter) isLibrary(rule *ast.Rule) bool {
	return slices.ContainsFunc(l.permissions(rule), func(given permission) bool { return given.library })
}

func (l *linter) permissions(rule *ast.Rule) []permission {
	own := l.compiled[placeOf(rule.Location)]
	if own == nil {
		return nil
	}
	var all []permission
	for _, each := range l.annotations.Chain(own) {
		if each.Annotations == nil {
			continue
		}
		custom, ok := each.Annotations.Custom["regate"].(map[string]any)
		if !ok {
			continue
		}
		given := permission{at: each.Annotations.Location}
		given.why, _ = custom["why"].(string)
		given.library, _ = custom["library"].(bool)
		switch allow := custom["allow"].(type) {
		case []any:
			for _, code := range allow {
				given.allow = append(given.allow, fmt.Sprint(code))
			}
		case string:
			given.allow = []string{allow}
		}
		all = append(all, given)
	}
	return all
}
