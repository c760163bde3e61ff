// Command conformance compiles OPA's own test cases to WebAssembly, one module for each, and writes them to stdout for tests/conformance/run.ts.
//
// The stream is a sequence of records: four bytes with the length of a JSON text, little-endian, the text, four bytes with the length of the module,
// the module. The query of a case is wrapped: the module's one value is what the built-in conformance.text, which the reader lends, makes of all the
// bindings. So sets and numbers arrive as they are, and the gateway's evaluator, which takes one value from an entry point, runs the case as a policy.
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/test/cases"
	"github.com/open-policy-agent/opa/v1/types"
)

// A record tells what to run and what must come of it.
type record struct {
	Note string `json:"note"`
	File string `json:"file"`
	// Error is why the case does not compile; the record has no module then.
	Error string `json:"error,omitempty"`
	// Data and WantResult are JSON text: numbers must not pass through those of the reader.
	Data          string  `json:"data"`
	Input         *any    `json:"input,omitempty"`
	WantResult    string  `json:"want_result,omitempty"`
	WantDefined   *bool   `json:"want_defined,omitempty"`
	WantErrorCode *string `json:"want_error_code,omitempty"`
	WantError     *string `json:"want_error,omitempty"`
	SortBindings  bool    `json:"sort_bindings,omitempty"`
	StrictError   bool    `json:"strict_error,omitempty"`
}

func main() {
	directory := flag.String("cases", "", "the directory of the cases")
	only := flag.String("only", "", "a regular expression of the notes that are wanted")
	flag.Parse()
	if err := run(*directory, *only); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func run(directory, only string) error {
	ast.RegisterBuiltin(asText)
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	set, err := cases.Load(directory)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	for _, tc := range set.Sorted().Cases {
		if !wanted.MatchString(tc.Note) {
			continue
		}
		file, err := filepath.Rel(directory, tc.Filename)
		if err != nil {
			return err
		}
		r := record{
			Note: tc.Note, File: file, Data: "{}", WantDefined: tc.WantDefined,
			WantErrorCode: tc.WantErrorCode, WantError: tc.WantError, SortBindings: tc.SortBindings, StrictError: tc.StrictError,
		}
		if tc.Data != nil {
			if r.Data, err = text(*tc.Data); err != nil {
				return err
			}
		}
		if tc.WantResult != nil {
			if r.WantResult, err = text(*tc.WantResult); err != nil {
				return err
			}
		}
		module, err := compile(tc, &r)
		if err != nil {
			r.Error = err.Error()
		}
		if err := write(out, r, module); err != nil {
			return err
		}
	}
	return out.Flush()
}

func text(value any) (string, error) {
	bytes, err := json.Marshal(value)
	return string(bytes), err
}

func compile(tc cases.TestCase, r *record) ([]byte, error) {
	capabilities := ast.CapabilitiesForThisVersion(ast.CapabilitiesExperimentalKeywords(tc.ExperimentalKeywords))
	query, err := wrap(tc, r, capabilities)
	if err != nil {
		return nil, err
	}
	options := []func(*rego.Rego){rego.Query(query), rego.SetRegoVersion(ast.RegoV1), rego.Capabilities(capabilities)}
	for i, module := range tc.Modules {
		options = append(options, rego.Module(fmt.Sprintf("module-%d.rego", i), module))
	}
	compiled, err := rego.New(options...).Compile(context.Background())
	if err != nil {
		return nil, err
	}
	return compiled.Bytes, nil
}

var asText = &ast.Builtin{Name: "conformance.text", Decl: types.NewFunction(types.Args(types.A), types.S)}

// wrap makes the query one that binds "result" to the text of all its bindings. Input that is no JSON, or has numbers that JavaScript does not
// hold, becomes part of the query: the gateway never has such input, and the case tests something else with it.
func wrap(tc cases.TestCase, r *record, capabilities *ast.Capabilities) (string, error) {
	options := ast.ParserOptions{RegoVersion: ast.RegoV1, Capabilities: capabilities, AllFutureKeywords: true}
	body, err := ast.ParseBodyWithOpts(tc.Query, options)
	if err != nil {
		return "", err
	}
	input, err := inputOf(tc)
	if err != nil {
		return "", err
	}
	if input != nil {
		if plain, ok := asPlain(input.Value); ok {
			r.Input = &plain
		} else {
			for _, expr := range body {
				expr.With = append(expr.With, &ast.With{Target: ast.NewTerm(ast.InputRootRef), Value: input})
			}
		}
	}
	bindings := ast.NewObject()
	if tc.WantResult != nil && len(*tc.WantResult) > 0 {
		for name := range (*tc.WantResult)[0] {
			bindings.Insert(ast.StringTerm(name), ast.VarTerm(name))
		}
	}
	all := ast.ArrayComprehensionTerm(ast.NewTerm(bindings), body)
	return ast.NewBody(ast.Equality.Expr(ast.VarTerm("result"), asText.Call(all))).String(), nil
}

func inputOf(tc cases.TestCase) (*ast.Term, error) {
	if tc.InputTerm != nil {
		return ast.ParseTerm(*tc.InputTerm)
	}
	if tc.Input == nil {
		return nil, nil
	}
	value, err := ast.InterfaceToValue(*tc.Input)
	return ast.NewTerm(value), err
}

// asPlain gives a value as JSON, if JSON and JavaScript's numbers hold it as it is.
func asPlain(value ast.Value) (any, bool) {
	ok := true
	ast.WalkTerms(ast.NewTerm(value), func(t *ast.Term) bool {
		switch v := t.Value.(type) {
		case ast.Set:
			ok = false
		case ast.Number:
			f, exact := v.Float64()
			text, err := json.Marshal(f)
			ok = ok && exact && err == nil && string(text) == v.String()
		case ast.Object:
			ok = ok && !slices.ContainsFunc(v.Keys(), func(k *ast.Term) bool { _, isText := k.Value.(ast.String); return !isText })
		}
		return !ok
	})
	if !ok {
		return nil, false
	}
	plain, err := ast.JSON(value)
	return plain, err == nil
}

func write(out *bufio.Writer, r record, module []byte) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	for _, part := range [][]byte{text, module} {
		if err := binary.Write(out, binary.LittleEndian, uint32(len(part))); err != nil {
			return err
		}
		if _, err := out.Write(part); err != nil {
			return err
		}
	}
	return nil
}
