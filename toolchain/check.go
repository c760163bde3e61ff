package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"regate.dev/toolchain/lint"
)

// runCheck parses, compiles and type-checks policies and their tests.
func runCheck(args []string, out, errOut io.Writer) error {
	flags := newFlags("check", errOut)
	host := hostFlag(flags)
	format := flags.String("format", formatPretty, "pretty or json")
	costs := flags.Bool("costs", false, "with -format json: list what takes time in each decision")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := checkFormat(*format); err != nil {
		return err
	}
	capabilities, err := gatewayCapabilities(*host)
	if err != nil {
		return err
	}
	t, err := readTree(flags.Args(), capabilities)
	if err != nil {
		return reported(*format, err)
	}
	policies, err := t.checkSources(capabilities)
	if err != nil {
		return reported(*format, err)
	}
	if err := t.checkTests(); err != nil {
		return reported(*format, err)
	}
	if *format == formatJSON {
		report := map[string]any{"errors": []finding{}, "files": len(t.policies) + len(t.tests)}
		if *costs {
			report["costs"] = findingsOf(lint.Costs(policies, t.bundle.Data))
		}
		return writeJSON(out, report)
	}
	fmt.Fprintf(out, "no errors (files: %d, of these tests: %d)\n", len(t.modules()), len(t.tests))
	return nil
}

// reported gives findings the format in which they are to be shown.
func reported(format string, err error) error {
	var found *problems
	if errors.As(err, &found) {
		found.format = format
		return found
	}
	return asProblems(format, err)
}

// check compiles the policies as the gateway will have them: strictly, with its built-ins only, against the schemas. schemas/input.json holds for
// every package; METADATA may name another schema for its scope. What compiles is looked at by the lints.
func (t *tree) check(capabilities *ast.Capabilities, entrypoints ...ast.Ref) error {
	_, err := t.checkSources(capabilities, entrypoints...)
	return err
}

func (t *tree) checkSources(capabilities *ast.Capabilities, entrypoints ...ast.Ref) (lint.Policies, error) {
	schemas := t.schemas
	if t.inputSchema != nil {
		schemas.Put(ast.SchemaRootRef, t.inputSchema)
	}
	var resolved []*ast.Module
	compiler := lint.Capture(t.newCompiler(capabilities).WithSchemas(schemas), &resolved)
	policies := lint.Policies{
		Compiler: compiler, InputSchema: t.inputSchema, Schemas: schemas, Entrypoints: entrypoints,
	}
	if err := t.compile(compiler, t.policies); err != nil {
		return policies, err
	}
	policies.Resolved = resolved
	if found := findingsOf(lint.Check(policies)); len(found) > 0 {
		return policies, &problems{findings: found}
	}
	return policies, nil
}

// findingsOf gives what the lints found the form of OPA's own errors.
func findingsOf(found []lint.Finding) []finding {
	all := []finding{}
	for _, each := range found {
		all = append(all, finding{
			Code: each.Code, Message: each.Message, Location: each.Location, Help: each.Help,
			text: fmt.Sprintf("%s:%d:%d: %s: %s", each.Location.File, each.Location.Row, each.Location.Col, each.Code, each.Message),
		})
	}
	return all
}

// checkTests compiles policies and tests together. A test may call any of OPA's built-ins.
func (t *tree) checkTests() error {
	if len(t.tests) == 0 {
		return nil
	}
	return t.compile(t.newCompiler(fullCapabilities()), t.modules())
}

func (t *tree) newCompiler(capabilities *ast.Capabilities) *ast.Compiler {
	return ast.NewCompiler().
		SetErrorLimit(0).
		WithCapabilities(capabilities).
		WithStrict(true).
		WithUseTypeCheckAnnotations(true).
		WithEnablePrintStatements(true)
}

func (t *tree) compile(compiler *ast.Compiler, modules map[string]*ast.Module) error {
	ctx := context.Background()
	store := t.store()
	return storage.Txn(ctx, store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		compiler.WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn)).Compile(modules)
		if compiler.Failed() {
			return compiler.Errors
		}
		return nil
	})
}

func (t *tree) store() storage.Store { return inmem.NewFromObject(t.bundle.Data) }

func (t *tree) modules() map[string]*ast.Module {
	all := maps.Clone(t.policies)
	maps.Copy(all, t.tests)
	return all
}
