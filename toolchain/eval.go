package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"
	"github.com/open-policy-agent/opa/v1/topdown/lineage"
	"github.com/open-policy-agent/opa/v1/topdown/print"
	"github.com/open-policy-agent/opa/v1/util"
)

// explainRules is told by rules; the others are OPA's traces.
const explainRules = "rules"

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
	explain := flags.String("explain", "", "rules, notes, fails, full or debug")
	taken := flags.String("nd", "", "a JSON file with what an earlier evaluation took beside its input, as in OPA's nd_builtin_cache")
	var data, erased, masked list
	flags.Var(&erased, "erased", "a JSON pointer to what a mask has taken out of the input")
	flags.Var(&masked, "masked", "a JSON pointer to what a mask has changed in the input")
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
	if *explain != "" && *explain != explainRules && explainers[*explain] == nil {
		return fmt.Errorf("unknown explanation %q: rules, notes, fails, full or debug", *explain)
	}
	capabilities, err := gatewayCapabilities(*host)
	if err != nil {
		return err
	}
	t, err := readTree(flags.Args(), capabilities)
	if err != nil {
		return reported(*format, err)
	}
	revision, err := t.revision(nil, false)
	if err != nil {
		return err
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
	return t.eval(evaluation{
		query: *query, input: *input, taken: *taken, explain: *explain, format: *format, revision: revision,
		erased: erased, masked: masked, capabilities: capabilities,
	}, out, errOut)
}

type evaluation struct {
	query, input, taken, explain, format, revision string
	erased, masked                                 []string
	capabilities                                   *ast.Capabilities
}

// An answer is what is reported of an evaluation.
type answer struct {
	results rego.ResultSet
	trace   string
	rules   *explanation
	// revision is the one that a bundle of the directory would have.
	revision string
	// fresh are the built-ins of which the evaluation took values that nobody had recorded.
	fresh []string
}

func (t *tree) eval(asked evaluation, out, errOut io.Writer) error {
	compiler := t.newCompiler(asked.capabilities).WithSchemas(t.schemas)
	if err := t.compile(compiler, t.policies); err != nil {
		return reported(asked.format, err)
	}
	ctx := context.Background()
	tracer := topdown.NewBufferTracer()
	listener := newExplainer(t.bundle.Data, asked.erased, asked.masked)
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
	taken := builtins.NDBCache{}
	if asked.taken != "" {
		if taken, err = readTaken(asked.taken); err != nil {
			return err
		}
	}
	recorded := sizes(taken)
	options = append(options, rego.EvalNDBuiltinCache(taken))
	switch asked.explain {
	case "":
	case explainRules:
		options = append(options, rego.EvalQueryTracer(listener), rego.EvalRuleIndexing(false), rego.EvalEarlyExit(false))
	default:
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
	given := answer{results: results, revision: asked.revision, fresh: notRecorded(recorded, taken)}
	if asked.explain == explainRules {
		given.rules = listener.explain()
	} else if asked.explain != "" {
		var trace strings.Builder
		topdown.PrettyTraceWithLocation(&trace, explainers[asked.explain](*tracer))
		given.trace = trace.String()
	}
	return writeAnswer(asked.format, given, out, errOut)
}

func readTaken(name string) (builtins.NDBCache, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var recorded map[string]map[string]any
	if err := util.Unmarshal(text, &recorded); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	cache := builtins.NDBCache{}
	for builtin, calls := range recorded {
		for operands, value := range calls {
			key, err := ast.ParseTerm(operands)
			if err != nil {
				return nil, fmt.Errorf("%s: the operands of %s are not a Rego value: %w", name, builtin, err)
			}
			given, err := ast.InterfaceToValue(value)
			if err != nil {
				return nil, fmt.Errorf("%s: what %s gave is not a Rego value: %w", name, builtin, err)
			}
			cache.Put(builtin, key.Value, given)
		}
	}
	return cache, nil
}

// notRecorded names the built-ins whose values an evaluation took beside the recorded ones: the answer may differ for that.
func notRecorded(before map[string]int, after builtins.NDBCache) []string {
	names := []string{}
	for name, calls := range after {
		if calls.Len() > before[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func sizes(cache builtins.NDBCache) map[string]int {
	count := map[string]int{}
	for name, calls := range cache {
		count[name] = calls.Len()
	}
	return count
}

// writeAnswer prints the trace, then the value. An undefined answer is a finding: nothing may be built on it.
func writeAnswer(format string, given answer, out, errOut io.Writer) error {
	results := given.results
	if format == formatJSON {
		document := map[string]any{"revision": given.revision, "fresh": given.fresh}
		if len(results) > 0 {
			document["result"] = results
		}
		switch {
		case given.rules != nil:
			document["explanation"] = given.rules
			document["explanation_text"] = given.rules.text()
		case given.trace != "":
			document["explanation"] = strings.Split(strings.TrimSuffix(given.trace, "\n"), "\n")
		}
		if err := writeJSON(out, document); err != nil {
			return err
		}
	} else {
		if given.rules != nil {
			fmt.Fprintf(out, "%s\nAnswer:\n", given.rules.text())
		}
		fmt.Fprint(out, given.trace)
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
