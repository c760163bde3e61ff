package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/lineage"
	"github.com/open-policy-agent/opa/v1/topdown/print"
	"github.com/open-policy-agent/opa/v1/util"
)

var explainers = map[string]func([]*topdown.Event) []*topdown.Event{
	"notes": lineage.Notes, "fails": lineage.Fails, "full": lineage.Full, "debug": lineage.Debug,
}

// runEval asks the policies one question, in OPA's interpreter, which can say how it came to its answer.
func runEval(args []string, out, errOut io.Writer) error {
	flags := newFlags("eval", errOut)
	host := hostFlag(flags)
	format := flags.String("format", formatPretty, "pretty or json")
	query := flags.String("query", "", "a Rego query")
	entrypoint := flags.String("entrypoint", "", "a rule, as a/b/c")
	input := flags.String("input", "", "a JSON or YAML file with the input")
	explain := flags.String("explain", "", "notes, fails, full or debug")
	var data list
	flags.Var(&data, "data", "a JSON or YAML file, merged into data")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := checkFormat(*format); err != nil {
		return err
	}
	if (*query == "") == (*entrypoint == "") {
		return errors.New("give a query or an entry point, and not both")
	}
	if *explain != "" && explainers[*explain] == nil {
		return fmt.Errorf("unknown explanation %q: notes, fails, full or debug", *explain)
	}
	capabilities, err := gatewayCapabilities(*host)
	if err != nil {
		return err
	}
	t, err := readTree(flags.Args(), capabilities)
	if err != nil {
		return reported(*format, err)
	}
	if err := t.overlay(data); err != nil {
		return err
	}
	if *entrypoint != "" {
		ref, err := ast.PtrRef(ast.DefaultRootDocument, *entrypoint)
		if err != nil {
			return fmt.Errorf("%q is not an entry point: write package and rule as a/b/c", *entrypoint)
		}
		*query = ref.String()
	}
	return t.eval(evaluation{query: *query, input: *input, explain: *explain, format: *format, capabilities: capabilities}, out, errOut)
}

type evaluation struct {
	query, input, explain, format string
	capabilities                  *ast.Capabilities
}

func (t *tree) eval(asked evaluation, out, errOut io.Writer) error {
	compiler := t.newCompiler(asked.capabilities).WithSchemas(t.schemas)
	if err := t.compile(compiler, t.policies); err != nil {
		return reported(asked.format, err)
	}
	ctx := context.Background()
	tracer := topdown.NewBufferTracer()
	prepared, err := rego.New(
		rego.Query(asked.query),
		rego.Compiler(compiler),
		rego.Store(t.store()),
		rego.Capabilities(asked.capabilities),
		rego.EnablePrintStatements(true),
		rego.PrintHook(printTo{errOut}),
	).PrepareForEval(ctx)
	if err != nil {
		return reported(asked.format, err)
	}
	var options []rego.EvalOption
	if asked.input != "" {
		value, err := readDocument(asked.input)
		if err != nil {
			return err
		}
		options = append(options, rego.EvalInput(value))
	}
	if asked.explain != "" {
		options = append(options, rego.EvalQueryTracer(tracer))
	}
	results, err := prepared.Eval(ctx, options...)
	if err != nil {
		var failed *topdown.Error
		if !errors.As(err, &failed) {
			return reported(asked.format, err)
		}
		return &problems{format: asked.format, findings: []finding{{
			Code: failed.Code, Message: failed.Message, Location: failed.Location, text: failed.Error(),
		}}}
	}
	var trace strings.Builder
	if asked.explain != "" {
		topdown.PrettyTraceWithLocation(&trace, explainers[asked.explain](*tracer))
	}
	return writeAnswer(asked.format, results, trace.String(), out, errOut)
}

// writeAnswer prints the trace, then the value. An undefined answer is a finding: nothing may be built on it.
func writeAnswer(format string, results rego.ResultSet, trace string, out, errOut io.Writer) error {
	if format == formatJSON {
		document := map[string]any{}
		if len(results) > 0 {
			document["result"] = results
		}
		if trace != "" {
			document["explanation"] = strings.Split(strings.TrimSuffix(trace, "\n"), "\n")
		}
		if err := writeJSON(out, document); err != nil {
			return err
		}
	} else {
		fmt.Fprint(out, trace)
		for _, result := range results {
			var shown any = result.Bindings
			if len(result.Bindings) == 0 && len(result.Expressions) == 1 {
				shown = result.Expressions[0].Value
			}
			if err := writeJSON(out, shown); err != nil {
				return err
			}
		}
	}
	if len(results) == 0 {
		fmt.Fprintln(errOut, "undefined")
		return errFindings
	}
	return nil
}

// overlay merges files into data, over what the directories hold: the gateway's catalogue, for example.
func (t *tree) overlay(files []string) error {
	for _, name := range files {
		value, err := readDocument(name)
		if err != nil {
			return err
		}
		object, ok := value.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: data must be an object", name)
		}
		t.bundle.Data = laidOver(t.bundle.Data, object)
	}
	return nil
}

func laidOver(below, above map[string]any) map[string]any {
	for key, value := range above {
		inner, isObject := value.(map[string]any)
		if was, both := below[key].(map[string]any); both && isObject {
			value = laidOver(was, inner)
		}
		below[key] = value
	}
	return below
}

func readDocument(name string) (any, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var value any
	if err := util.Unmarshal(text, &value); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return value, nil
}

// printTo writes what policies print, with its place.
type printTo struct{ out io.Writer }

func (p printTo) Print(where print.Context, text string) error {
	_, err := fmt.Fprintf(p.out, "%s: %s\n", where.Location, text)
	return err
}
