package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/loader"
)

// A finding is one thing that is wrong with the policies: OPA's own words and place, and what to do about it where that is known.
type finding struct {
	Code     string        `json:"code"`
	Message  string        `json:"message"`
	Location *ast.Location `json:"location,omitempty"`
	Details  any           `json:"details,omitempty"`
	Help     []string      `json:"help,omitempty"`
	text     string
}

// problems are findings, to be reported in the format that was asked for.
type problems struct {
	format   string
	findings []finding
}

func (p *problems) Error() string { return fmt.Sprintf("%d findings", len(p.findings)) }

// write reports in OPA's form: pretty to errOut, JSON ({"errors": [...]}) to out.
func (p *problems) write(out, errOut io.Writer) error {
	if p.format == formatJSON {
		return writeJSON(out, map[string]any{"errors": p.findings})
	}
	for _, one := range p.findings {
		fmt.Fprintln(errOut, one.text)
		for _, line := range one.Help {
			fmt.Fprintf(errOut, "\thelp: %s\n", line)
		}
	}
	noun := "errors"
	if len(p.findings) == 1 {
		noun = "error"
	}
	fmt.Fprintf(errOut, "%d %s\n", len(p.findings), noun)
	return nil
}

// asProblems turns what OPA says of policies into findings. Other errors pass as they are.
func asProblems(format string, err error) error {
	if err == nil {
		return nil
	}
	var findings []finding
	collect(err, &findings)
	if len(findings) == 0 {
		return err
	}
	sort.SliceStable(findings, func(i, j int) bool { return before(findings[i].Location, findings[j].Location) })
	return &problems{format: format, findings: findings}
}

func collect(err error, findings *[]finding) {
	var one *ast.Error
	var several ast.Errors
	var loading loader.Errors
	switch {
	case errors.As(err, &several):
		for _, each := range several {
			*findings = append(*findings, fromOPA(each))
		}
	case errors.As(err, &loading):
		for _, each := range loading {
			count := len(*findings)
			if collect(each, findings); len(*findings) == count {
				*findings = append(*findings, said("load_error", each.Error(), adviseReading(each.Error())...))
			}
		}
	case errors.As(err, &one):
		*findings = append(*findings, fromOPA(one))
	}
}

func fromOPA(err *ast.Error) finding {
	return finding{
		Code: err.Code, Message: err.Message, Location: err.Location, Details: err.Details,
		Help: advise(err), text: err.Error(),
	}
}

// said makes a finding that has no place in a file.
func said(code, message string, help ...string) finding {
	return finding{Code: code, Message: message, Help: help, text: code + ": " + strings.TrimSpace(message)}
}

func before(a, b *ast.Location) bool {
	if a == nil || b == nil {
		return a == nil && b != nil
	}
	if a.File != b.File {
		return a.File < b.File
	}
	return a.Row < b.Row || a.Row == b.Row && a.Col < b.Col
}

const (
	formatPretty = "pretty"
	formatJSON   = "json"
)

func checkFormat(format string) error {
	if format != formatPretty && format != formatJSON {
		return fmt.Errorf("unknown format %q: pretty or json", format)
	}
	return nil
}

func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
