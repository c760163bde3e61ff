package main

import (
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

func TestSuggestions(t *testing.T) {
	for have, want := range map[string]string{"subjekt": "subject", "modle": "model", "model": "model", "location": "", "x": ""} {
		detail := &ast.RefErrInvalidDetail{
			Ref:   ast.MustParseRef("input").Append(ast.StringTerm(have)),
			Pos:   1,
			OneOf: []ast.Value{ast.String("subject"), ast.String("model"), ast.String("resource"), ast.Number("1")},
		}
		if got := closest(detail); got != want {
			t.Errorf("%s: got %q, want %q", have, got, want)
		}
	}
}

// Advice for a built-in that does not exist, or that everyone has, would never be seen: the table must follow OPA.
func TestAdviceIsForBuiltinsThatOPAHas(t *testing.T) {
	for name := range instead {
		if !isOPABuiltin(name) {
			t.Errorf("OPA has no %s", name)
		}
	}
	if advice := adviseFunction("nobody.has_this"); advice != nil {
		t.Errorf("advice for a function that OPA does not have: %q", advice)
	}
}
