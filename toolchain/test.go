package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/lineage"
)

// A testReport is what test -format json prints: OPA's own objects, in one document.
type testReport struct {
	Tests    []*tester.Result `json:"tests"`
	Passed   int              `json:"passed"`
	Failed   int              `json:"failed"`
	Errors   int              `json:"errors"`
	Skipped  int              `json:"skipped"`
	Coverage *cover.Report    `json:"coverage,omitempty"`
}

// runTest runs the rules named test_… of *_test.rego, in OPA's interpreter.
func runTest(args []string, out, errOut io.Writer) error {
	flags := newFlags("test", errOut)
	format := flags.String("format", formatPretty, "pretty or json")
	only := flags.String("run", "", "run only tests whose name matches this regular expression")
	verbose := flags.Bool("verbose", false, "show every test, and a trace of failures")
	coverage := flags.Bool("coverage", false, "report which lines of the policies the tests reach")
	threshold := flags.Float64("threshold", 0, "fail when less than this percentage of the lines is reached")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := checkFormat(*format); err != nil {
		return err
	}
	if *threshold < 0 || *threshold > 100 {
		return errors.New("the threshold is a percentage: 0 to 100")
	}
	t, err := readTree(flags.Args(), fullCapabilities())
	if err != nil {
		return reported(*format, err)
	}
	var covered *cover.Cover
	if *coverage || *threshold > 0 {
		covered = cover.New()
	}
	results, err := t.runTests(testRun{only: *only, trace: *verbose, covered: covered})
	if err == nil && !*verbose {
		err = t.explainFailures(results)
	}
	if err != nil {
		return reported(*format, err)
	}
	report := count(results)
	if covered != nil {
		whole := coverageOf(covered, t.policies)
		report.Coverage = &whole
	}
	if err := report.write(*format, *verbose, out); err != nil {
		return err
	}
	return report.verdict(*threshold, errOut)
}

type testRun struct {
	only    string
	trace   bool
	covered *cover.Cover
}

// explainFailures runs the tests that failed once more, with a trace, which says at which expression they failed. To trace all of them costs four
// times as much.
func (t *tree) explainFailures(results []*tester.Result) error {
	failed := map[string]*tester.Result{}
	var names []string
	for _, result := range results {
		if result.Fail {
			name := result.Package + "." + result.Name
			failed[name] = result
			names = append(names, regexp.QuoteMeta(name))
		}
	}
	if len(failed) == 0 {
		return nil
	}
	again, err := t.runTests(testRun{only: "^(" + strings.Join(names, "|") + ")$", trace: true})
	if err != nil {
		return err
	}
	for _, result := range again {
		if first, ok := failed[result.Package+"."+result.Name]; ok {
			result.Duration = first.Duration
			*first = *result
		}
	}
	return nil
}

func (t *tree) runTests(run testRun) ([]*tester.Result, error) {
	ctx := context.Background()
	store := t.store()
	txn, err := store.NewTransaction(ctx, storage.WriteParams)
	if err != nil {
		return nil, err
	}
	defer store.Abort(ctx, txn)
	compiler := t.newCompiler(fullCapabilities()).
		WithSchemas(t.schemas).
		WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn)).
		WithRewriteTestRules(run.trace)
	runner := tester.NewRunner().
		SetCompiler(compiler).
		SetStore(store).
		SetModules(t.modules()).
		CapturePrintOutput(true).
		EnableTracing(run.trace).
		StackTraces(true).
		SetTimeout(time.Minute).
		SetParallel(1).
		Filter(run.only)
	if run.covered != nil {
		runner = runner.SetCoverageQueryTracer(run.covered)
	}
	running, err := runner.RunTests(ctx, txn)
	if err != nil {
		return nil, err
	}
	var results []*tester.Result
	for result := range running {
		result.Trace = lineage.Filter(result.Trace, func(event *topdown.Event) bool {
			return event.Op == topdown.NoteOp || event.Op == topdown.FailOp
		})
		results = append(results, result)
	}
	return results, nil
}

func count(results []*tester.Result) *testReport {
	report := &testReport{Tests: results}
	if results == nil {
		report.Tests = []*tester.Result{}
	}
	for _, result := range results {
		switch {
		case result.Skip:
			report.Skipped++
		case result.Error != nil:
			report.Errors++
		case result.Fail:
			report.Failed++
		default:
			report.Passed++
		}
	}
	return report
}

// coverageOf counts the lines of the policies. Those of the tests, which are always reached, would flatter it.
func coverageOf(covered *cover.Cover, policies map[string]*ast.Module) cover.Report {
	report := covered.Report(policies)
	report.CoveredLines, report.NotCoveredLines, report.Coverage = 0, 0, 100
	for name, file := range report.Files {
		if _, ok := policies[name]; !ok {
			delete(report.Files, name)
			continue
		}
		report.CoveredLines += file.CoveredLines
		report.NotCoveredLines += file.NotCoveredLines
	}
	if lines := report.CoveredLines + report.NotCoveredLines; lines > 0 {
		report.Coverage = 100 * float64(report.CoveredLines) / float64(lines)
	}
	return report
}

func (r *testReport) write(format string, verbose bool, out io.Writer) error {
	if format == formatJSON {
		for _, result := range r.Tests {
			result.Trace = nil
		}
		return writeJSON(out, r)
	}
	results := make(chan *tester.Result, len(r.Tests))
	for _, result := range r.Tests {
		results <- result
	}
	close(results)
	var text bytes.Buffer
	if err := (tester.PrettyReporter{Output: &text, Verbose: verbose, FailureLine: true, LocalVars: verbose}).Report(results); err != nil {
		return err
	}
	if r.Coverage != nil {
		writeCoverage(&text, *r.Coverage)
	}
	_, err := out.Write(text.Bytes())
	return err
}

func (r *testReport) verdict(threshold float64, errOut io.Writer) error {
	if len(r.Tests) == 0 {
		fmt.Fprintln(errOut, "no tests were run: tests are rules named test_... in files named ..._test.rego")
		return errFindings
	}
	if r.Failed > 0 || r.Errors > 0 {
		return errFindings
	}
	if r.Coverage != nil && r.Coverage.Coverage < threshold {
		fmt.Fprintf(errOut, "coverage is %.2f %%, below the threshold of %g %%\n", r.Coverage.Coverage, threshold)
		return errFindings
	}
	return nil
}
