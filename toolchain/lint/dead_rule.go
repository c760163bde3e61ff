package lint

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// checkReach reports rules that no entry point reaches: nobody asks them, whatever they deny. Where there is no entry point nothing can be said.
func (l *linter) checkReach() {
	reached := l.reach()
	if len(reached) == 0 {
		return
	}
	// By path: the definitions of one rule are asked together.
	alive := map[string]bool{}
	for _, one := range l.all() {
		own := l.compiled[placeOf(one.rule.Location)]
		alive[one.path] = alive[one.path] || own == nil || reached[own]
	}
	for _, one := range l.all() {
		if alive[one.path] || l.isLibrary(one.rule) {
			continue
		}
		alive[one.path] = true
		l.report(one.rule, Finding{
			Code: CodeDeadRule, Location: one.rule.Location,
			Message: fmt.Sprintf("no entry point reaches %s", one.path),
			Help: []string{
				"take it out, or refer to it from a rule that is reached; a misspelt name is the usual cause",
				`what the gateway itself asks for needs the METADATA line "entrypoint: true"`,
				"a package that others are to call says so: custom: {regate: {library: true}}",
			},
		})
	}
}

// reach gives the rules that an entry point asks, by whatever way.
func (l *linter) reach() map[*ast.Rule]bool {
	reached := map[*ast.Rule]bool{}
	var waiting []*ast.Rule
	add := func(rules ...*ast.Rule) {
		for _, rule := range rules {
			for ; rule != nil; rule = rule.Else {
				if !reached[rule] {
					reached[rule] = true
					waiting = append(waiting, rule)
				}
			}
		}
	}
	for _, ref := range l.entrypoints() {
		add(l.Compiler.GetRules(ref)...)
	}
	for len(waiting) > 0 {
		rule := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		for needed := range l.Compiler.Graph.Dependencies(rule) {
			add(needed.(*ast.Rule))
		}
	}
	return reached
}

func (l *linter) entrypoints() []ast.Ref {
	refs := l.Entrypoints
	for _, annotated := range l.annotations.Flatten() {
		if annotated.Annotations.Entrypoint {
			refs = append(refs, annotated.Path)
		}
	}
	return refs
}
