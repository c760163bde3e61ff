package lint

import (
	"fmt"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

func TestCosts(t *testing.T) {
	many := map[string]any{}
	for i := range 30 {
		many[fmt.Sprint(i)] = true
	}
	definitions := strings.Repeat("\nbig if input.x == 1\n", 25)
	for name, one := range map[string]struct {
		rego string
		want []string
	}{
		"a regular expression":         {"answer if regex.match(`a`, input.x)", []string{"1: regex.match reads its pattern anew at each evaluation"}},
		"in a loop":                    {"answer if {\n\tsome x in input.xs\n\tregex.match(`a`, x)\n}", []string{"3: regex.match reads its pattern anew at each turn of a loop"}},
		"in a comprehension":           {"answer := [x | some x in input.xs; not regex.match(`a`, x)]", []string{"1: regex.match reads its pattern anew at each turn of a loop"}},
		"in every":                     {"answer if {\n\tevery x in input.xs {\n\t\tglob.match(\"a\", [], x)\n\t}\n}", []string{"3: glob.match reads its pattern anew at each turn of a loop"}},
		"nested in another call":       {"answer if count(regex.split(`a`, input.x)) > 1", []string{"1: regex.split reads its pattern anew at each evaluation"}},
		"walk":                         {"answer if {\n\twalk(input, [_, v])\n\tv == 1\n}", []string{"2: walk visits every part of a document at each evaluation"}},
		"a scan of data":               {"answer if {\n\tsome k, v in data.many\n\tk == v\n}", []string{"2: steps through all 30 members of data.many"}},
		"many definitions":             {"answer if big\n" + definitions, []string{"3: data.p.big has 25 definitions, and each is evaluated every time"}},
		"what nobody asks":             {"answer := 1\n\nlost if regex.match(`a`, input.x)", nil},
		"a look-up by key":             {"answer if data.many[input.x]", nil},
		"a scan of little":             {"answer if {\n\tsome x in data.few\n\tx == 1\n}", nil},
		"what is compiled in is cheap": {"answer if startswith(input.x, \"a\")", nil},
	} {
		t.Run(name, func(t *testing.T) {
			module, err := ast.ParseModuleWithOpts("p.rego", "package p\n"+one.rego, ast.ParserOptions{RegoVersion: ast.RegoV1})
			if err != nil {
				t.Fatal(err)
			}
			var resolved []*ast.Module
			compiler := Capture(ast.NewCompiler(), &resolved)
			if compiler.Compile(map[string]*ast.Module{"p.rego": module}); compiler.Failed() {
				t.Fatal(compiler.Errors)
			}
			policies := Policies{Compiler: compiler, Resolved: resolved, Schemas: ast.NewSchemaSet(), Entrypoints: []ast.Ref{ast.MustParseRef("data.p.answer")}}
			var found []string
			for _, each := range Costs(policies, map[string]any{"many": many, "few": []any{1, 2}}) {
				found = append(found, fmt.Sprintf("%d: %s", each.Location.Row-1, each.Message))
			}
			if fmt.Sprint(found) != fmt.Sprint(one.want) {
				t.Errorf("found %v, wanted %v", found, one.want)
			}
		})
	}
}
