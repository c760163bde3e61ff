// Package lint finds what OPA's compiler accepts and a gateway must not: rules that let a request through because a fact is absent, and rules that
// nobody asks.
//
// A policy's input has optional facts, and an expression that reads an absent one is undefined. In a rule that denies, that is an open door. The
// lints decide by the input's JSON Schema: a member that its object does not require is optional. Where a package has no schema they say nothing.
package lint

import (
	"cmp"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// The codes under which findings are reported, and by which METADATA allows them.
const (
	CodeOptionalFact  = "optional-fact"
	CodeUndefinedNot  = "undefined-not"
	CodeDeadRule      = "dead-rule"
	CodeBadPermission = "bad-permission"
)

// A Finding is one place that must change.
type Finding struct {
	Code     string
	Message  string
	Location *ast.Location
	Help     []string
}

// Policies are the sources to look at: compiled without errors, tests left out.
type Policies struct {
	// Compiler has compiled them.
	Compiler *ast.Compiler
	// Resolved are the modules as they were when their references had been resolved and nothing else rewritten; see [Capture].
	Resolved []*ast.Module
	// InputSchema holds for every package that names no other. nil where there is none.
	InputSchema any
	Schemas     *ast.SchemaSet
	// Entrypoints, beside those that METADATA marks.
	Entrypoints []ast.Ref
}

// Check looks at all rules. Findings come in the order of files and lines.
func Check(policies Policies) []Finding {
	l := newLinter(policies)
	l.checkPermissions()
	l.checkNegations()
	l.checkPositions()
	l.checkReach()
	sortFindings(l.findings)
	return l.findings
}

func sortFindings(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Location.File, b.Location.File), cmp.Compare(a.Location.Row, b.Location.Row), cmp.Compare(a.Location.Col, b.Location.Col),
		)
	})
}

// Capture makes the compiler keep a copy of the modules when references are absolute and expressions are still as the author wrote them.
func Capture(compiler *ast.Compiler, resolved *[]*ast.Module) *ast.Compiler {
	return compiler.WithStageAfterID(ast.StageResolveRefs, ast.CompilerStageDefinition{
		Name:       "RegateLintCapture",
		MetricName: "regate_lint_capture",
		Stage: func(c *ast.Compiler) *ast.Error {
			*resolved = (*resolved)[:0]
			for _, module := range c.Modules {
				*resolved = append(*resolved, module.Copy())
			}
			return nil
		},
	})
}

// linter is one run over one set of policies.
type linter struct {
	Policies
	annotations *ast.AnnotationSet
	// rules are the resolved ones by their path, "data.a.b.c".
	rules map[string][]*source
	// compiled has the compiler's own rule for each place, for what only that knows: annotations, dependencies.
	compiled map[place]*ast.Rule
	// visited are the rules that were looked at, per position and arguments.
	visited  map[string]bool
	reported map[string]bool
	ordered  []*source
	findings []Finding
}

type place struct {
	file     string
	row, col int
}

// A source is a rule as it was written, and where.
type source struct {
	rule   *ast.Rule
	path   string
	ref    ast.Ref
	schema schema
}

func newLinter(policies Policies) *linter {
	l := &linter{
		Policies:    policies,
		annotations: policies.Compiler.GetAnnotationSet(),
		rules:       map[string][]*source{},
		compiled:    map[place]*ast.Rule{},
		visited:     map[string]bool{},
		reported:    map[string]bool{},
	}
	for _, module := range policies.Compiler.Modules {
		for _, rule := range module.Rules {
			l.compiled[placeOf(rule.Location)] = rule
		}
	}
	for _, module := range policies.Resolved {
		for _, rule := range module.Rules {
			ref := module.Package.Path.Extend(rule.Head.Ref().GroundPrefix())
			path := ref.String()
			l.rules[path] = append(l.rules[path], &source{rule: rule, path: path, ref: ref, schema: l.schemaOf(rule)})
		}
	}
	return l
}

func placeOf(location *ast.Location) place { return place{location.File, location.Row, location.Col} }

// report adds a finding, once for each place, unless METADATA allows it there.
func (l *linter) report(rule *ast.Rule, found Finding) {
	key := found.Code + found.Location.String() + found.Message
	if l.reported[key] || l.permits(rule, found.Code) {
		return
	}
	l.reported[key] = true
	l.findings = append(l.findings, found)
}

// all gives the rules in a stable order.
func (l *linter) all() []*source {
	if l.ordered != nil {
		return l.ordered
	}
	for _, several := range l.rules {
		l.ordered = append(l.ordered, several...)
	}
	slices.SortFunc(l.ordered, func(a, b *source) int {
		x, y := a.rule.Location, b.rule.Location
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Row, y.Row), cmp.Compare(x.Col, y.Col))
	})
	return l.ordered
}
