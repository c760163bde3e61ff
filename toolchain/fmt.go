package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/format"
)

// An unformatted file, as reported by fmt -format json.
type unformatted struct {
	File string `json:"file"`
	Diff string `json:"diff"`
	text string
}

// runFmt lists the files that are not in OPA's format, or shows the difference. It rewrites nothing itself, since WASI has no file modes to keep:
// with -formatted it leaves the new texts for its caller.
func runFmt(args []string, out, errOut io.Writer) error {
	flags := newFlags("fmt", errOut)
	form := flags.String("format", formatPretty, "pretty or json")
	diff := flags.Bool("diff", false, "show what would change")
	formatted := flags.String("formatted", "", "where to write the new texts, as JSON: [{file, text}]")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := checkFormat(*form); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("name files or directories to format")
	}
	changed, broken, err := formatAll(flags.Args())
	if err != nil {
		return err
	}
	if *formatted != "" {
		if err := writeFormatted(*formatted, changed); err != nil {
			return err
		}
	}
	if *form == formatPretty {
		for _, one := range changed {
			if *diff {
				fmt.Fprint(out, one.Diff)
			} else {
				fmt.Fprintln(out, one.File)
			}
		}
	} else if len(broken) == 0 {
		if err := writeJSON(out, map[string]any{"unformatted": changed}); err != nil {
			return err
		}
	}
	if len(broken) > 0 {
		return &problems{format: *form, findings: broken}
	}
	if len(changed) > 0 && *formatted == "" {
		return errFindings
	}
	return nil
}

// formatAll formats the files below the names; those that do not parse are findings, and do not keep the others from being formatted.
func formatAll(names []string) (changed []unformatted, broken []finding, err error) {
	changed = []unformatted{}
	for _, name := range names {
		err := filepath.WalkDir(name, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(name) != bundle.RegoExt {
				return err
			}
			one, err := formatFile(name)
			if one != nil {
				changed = append(changed, *one)
			}
			var found *problems
			if errors.As(asProblems(formatPretty, err), &found) {
				broken = append(broken, found.findings...)
				return nil
			}
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return changed, broken, nil
}

// formatFile formats one file; nil where nothing changes.
func formatFile(name string) (*unformatted, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	formatted, err := format.SourceWithOpts(name, text, format.Opts{
		RegoVersion:   ast.RegoV1,
		ParserOptions: &ast.ParserOptions{RegoVersion: ast.RegoV1, ProcessAnnotation: true},
	})
	if err != nil || bytes.Equal(text, formatted) {
		return nil, err
	}
	return &unformatted{File: name, Diff: unifiedDiff(name, string(text), string(formatted)), text: string(formatted)}, nil
}

func writeFormatted(name string, changed []unformatted) error {
	texts := make([]map[string]string, 0, len(changed))
	for _, one := range changed {
		texts = append(texts, map[string]string{"file": one.File, "text": one.text})
	}
	document, err := json.Marshal(texts)
	if err != nil {
		return err
	}
	return os.WriteFile(name, document, 0o600)
}
