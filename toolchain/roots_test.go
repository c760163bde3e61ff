package main

import (
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
)

func TestDerivedRootsNeverOwnAllOfData(t *testing.T) {
	bundleOf := func(data map[string]any, packages ...string) *bundle.Bundle {
		b := &bundle.Bundle{Data: data}
		for _, name := range packages {
			b.Modules = append(b.Modules, bundle.ModuleFile{Parsed: ast.MustParseModule("package " + name)})
		}
		return b
	}
	for name, one := range map[string]struct {
		bundle *bundle.Bundle
		want   []string
	}{
		"packages":                     {bundleOf(nil, "gateway.decision", "system.log"), []string{"gateway/decision", "system/log"}},
		"a package within another":     {bundleOf(nil, "a.b.c", "a.b.d", "a.b", "ab"), []string{"a/b", "ab"}},
		"two that only begin alike":    {bundleOf(nil, "a.b", "a.bc", `a["b-c"]`), []string{"a/b", "a/b-c", "a/bc"}},
		"data":                         {bundleOf(map[string]any{"roles": map[string]any{}, "hours": 1}, "a"), []string{"a", "hours", "roles"}},
		"data and package of one name": {bundleOf(map[string]any{"a": map[string]any{"x": 1}}, "a.b"), []string{"a"}},
		"below regate only its keys":   {bundleOf(map[string]any{"regate": map[string]any{"lib": 1, "more": 2}}, "regate.lib"), []string{"regate/lib", "regate/more"}},
		"a segment with a slash":       {bundleOf(nil, `a["b/c"].d`), []string{"a"}},
	} {
		if got := deriveRoots(one.bundle); !slices.Equal(got, one.want) {
			t.Errorf("%s: got %q, want %q", name, got, one.want)
		}
	}
}
