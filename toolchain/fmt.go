package main

import (
	"bytes"
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
}

// runFmt lists the files that are not in OPA's format, shows the difference, or rewrites them.
func runFmt(args []string, out, errOut io.Writer) error {
	flags := newFlags("fmt", errOut)
	form := flags.String("format", formatPretty, "pretty or json")
	diff := flags.Bool("diff", false, "show what would change")
	write := flags.Bool("write", false, "rewrite the files")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := checkFormat(*form); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("name files or directories to format")
	}
	var changed []unformatted
	var broken []error
	for _, name := range flags.Args() {
		err := filepath.WalkDir(name, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(name) != bundle.RegoExt {
				return err
			}
			one, err := formatFile(name, *write)
			if one != nil {
				changed = append(changed, *one)
			}
			if asProblems(*form, err) != err {
				broken = append(broken, err)
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if len(broken) > 0 {
		found := &problems{format: *form}
		for _, err := range broken {
			collect(err, &found.findings)
		}
		return found
	}
	return reportUnformatted(changed, *form, *diff, *write, out)
}

// formatFile formats one file; nil where nothing changes.
func formatFile(name string, write bool) (*unformatted, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	formatted, err := format.SourceWithOpts(name, text, format.Opts{
		RegoVersion:   ast.RegoV1,
		ParserOptions: &ast.ParserOptions{RegoVersion: ast.RegoV1, ProcessAnnotation: true},
	})
	if err != nil {
		return nil, err
	}
	if bytes.Equal(text, formatted) {
		return nil, nil
	}
	if write {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		// Beside and renamed over it: a run that is cut off leaves the old file or the new one.
		beside := name + ".tmp"
		if err := os.WriteFile(beside, formatted, info.Mode().Perm()); err != nil {
			return nil, err
		}
		if err := os.Rename(beside, name); err != nil {
			return nil, errors.Join(err, os.Remove(beside))
		}
	}
	return &unformatted{File: name, Diff: unifiedDiff(name, string(text), string(formatted))}, nil
}

func reportUnformatted(changed []unformatted, form string, diff, write bool, out io.Writer) error {
	if form == formatJSON {
		if changed == nil {
			changed = []unformatted{}
		}
		if err := writeJSON(out, map[string]any{"unformatted": changed, "written": write}); err != nil {
			return err
		}
	} else {
		for _, one := range changed {
			if diff {
				fmt.Fprint(out, one.Diff)
			} else {
				fmt.Fprintln(out, one.File)
			}
		}
	}
	if len(changed) > 0 && !write {
		return errFindings
	}
	return nil
}
