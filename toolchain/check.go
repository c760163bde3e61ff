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
	if err := t.check(capabilities); err != nil {
		return reported(*format, err)
	}
	if err := t.checkTests(); err != nil {
		return reported(*format, err)
	}
	if *format == formatJSON {
		return writeJSON(out, map[string]any{"errors": []finding{}, "files": len(t.policies) + len(t.tests)})
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
	schemas := t.schemas
	if t.inputSchema != nil {
		schemas.Put(ast.SchemaRootRef, t.inputSchema)
	}
	var resolved []*ast.Module
	compiler := lint.Capture(t.newCompiler(capabilities).WithSchemas(schemas), &resolved)
	if err := t.compile(compiler, t.policies); err != nil {
		return err
	}
	return guard(lint.Policies{
		Compiler: compiler, Resolved: resolved, InputSchema: t.inputSchema, Schemas: schemas, Entrypoints: entrypoints,
	})
}

// guard reports what the compiler accepts and a gateway must not.
func guard(policies lint.Policies) error {
	found := lint.Check(policies)
	if len(found) == 0 {
		return nil
	}
	all := &problems{}
	for _, each := range found {
		all.findings = append(all.findings, finding{
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
