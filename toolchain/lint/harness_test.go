package lint

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

const inputSchema = `{
	"type": "object", "additionalProperties": false, "required": ["operation", "who", "principals"],
	"properties": {
		"operation": {"type": "string"},
		"who": {"$ref": "#/definitions/principal"},
		"principals": {"type": "array", "minItems": 1, "items": {"anyOf": [{"$ref": "#/definitions/principal"}, {"$ref": "#/definitions/token"}]}},
		"device": {
			"type": "object", "additionalProperties": false, "required": ["evidence"],
			"properties": {"managed": {"type": "boolean"}, "os": {"type": "string"}, "evidence": {"type": "string"}}
		},
		"n": {"type": "number"},
		"tools": {"type": "array", "items": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}, "host": {"type": "string"}}}}
	},
	"definitions": {
		"principal": {
			"type": "object", "additionalProperties": false, "required": ["id", "claims"],
			"properties": {
				"id": {"type": "string"}, "mfa": {"type": "boolean"}, "owner": {"type": "string"},
				"claims": {"type": "object", "additionalProperties": {}}
			}
		},
		"token": {
			"type": "object", "additionalProperties": false, "required": ["id", "scopes"],
			"properties": {"id": {"type": "string"}, "scopes": {"type": "array", "items": {"type": "string"}}}
		}
	}
}`

// lintOf gives the findings as "line: code", in order. Lines count from the first after the package.
func lintOf(t *testing.T, text string, entrypoints ...string) []string {
	t.Helper()
	var schema any
	decoder := json.NewDecoder(strings.NewReader(inputSchema))
	decoder.UseNumber()
	if err := decoder.Decode(&schema); err != nil {
		t.Fatal(err)
	}
	// The package is one line more than the cases count.
	module, err := ast.ParseModuleWithOpts("p.rego", "package p\n"+text, ast.ParserOptions{RegoVersion: ast.RegoV1, ProcessAnnotation: true})
	if err != nil {
		t.Fatal(err)
	}
	schemas := ast.NewSchemaSet()
	schemas.Put(ast.SchemaRootRef, schema)
	var resolved []*ast.Module
	compiler := Capture(ast.NewCompiler().WithStrict(true).WithUseTypeCheckAnnotations(true).WithSchemas(schemas), &resolved)
	compiler.Compile(map[string]*ast.Module{"p.rego": module})
	if compiler.Failed() {
		t.Fatal(compiler.Errors)
	}
	policies := Policies{Compiler: compiler, Resolved: resolved, InputSchema: schema, Schemas: schemas}
	for _, name := range entrypoints {
		policies.Entrypoints = append(policies.Entrypoints, ast.MustParseRef("data.p."+name))
	}
	found := []string{}
	for _, each := range Check(policies) {
		if each.Message == "" || len(each.Help) == 0 {
			t.Errorf("%v says not what is wrong, or not what to do", each)
		}
		found = append(found, fmt.Sprintf("%d: %s", each.Location.Row-1, each.Code))
	}
	return found
}

type lintCase struct {
	name string
	rego string
	want []string
}

func runCases(t *testing.T, cases []lintCase) {
	t.Helper()
	for _, one := range cases {
		t.Run(one.name, func(t *testing.T) {
			found := lintOf(t, one.rego)
			if fmt.Sprint(found) != fmt.Sprint(one.want) {
				t.Errorf("found %v, wanted %v in\n%s", found, one.want, one.rego)
			}
		})
	}
}
