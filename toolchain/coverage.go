package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/cover"
)

// writeCoverage names the lines that no test reaches, as file:first-last.
func writeCoverage(out io.Writer, report cover.Report) {
	for _, name := range slices.Sorted(maps.Keys(report.Files)) {
		for _, lines := range uncovered(report.Files[name]) {
			fmt.Fprintf(out, "%s:%s: no test reaches this\n", name, lines)
		}
	}
	lines := report.CoveredLines + report.NotCoveredLines
	fmt.Fprintf(out, "COVERAGE: %.2f %% (%d of %d lines)\n", report.Coverage, report.CoveredLines, lines)
}

func uncovered(file *cover.FileReport) []string {
	var spans []string
	first, last := 0, 0
	var kinds []string
	end := func() {
		if first == 0 {
			return
		}
		span := fmt.Sprint(first)
		if last > first {
			span = fmt.Sprintf("%d-%d", first, last)
		}
		if len(kinds) > 0 {
			// OPA's interpreter left the line out, although it would have been true: by its rule index or because it had the answer already.
			span += " (" + strings.Join(kinds, ", ") + ")"
		}
		spans = append(spans, span)
	}
	for _, part := range file.NotCovered {
		var why []string
		for _, kind := range part.Kinds {
			why = append(why, string(kind))
		}
		if first != 0 && part.Start.Row <= last+1 && slices.Equal(why, kinds) {
			last = max(last, part.End.Row)
			continue
		}
		end()
		first, last, kinds = part.Start.Row, part.End.Row, why
	}
	end()
	return spans
}
