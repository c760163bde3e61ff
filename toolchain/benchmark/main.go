// Command benchmark evaluates a rule with OPA's Go library, as a program that has OPA inside would, and times every evaluation, for
// tests/bench/opa-library.ts.
//
// It reads lines of JSON, {"count": 1000, "input": ...}, and answers each with a line: the rule's value, the nanoseconds of every evaluation, and how
// many gave another value than the first. An evaluation is: the input's text parsed, the prepared query evaluated, the result as Go values.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

type question struct {
	Count int             `json:"count"`
	Input json.RawMessage `json:"input"`
}

type answer struct {
	Value       any     `json:"value"`
	Nanoseconds []int64 `json:"nanoseconds"`
	Differing   int     `json:"differing"`
}

func main() {
	query := flag.String("query", "", "what is evaluated")
	flag.Parse()
	if err := run(*query, flag.Args(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run prepares the query over files and directories, then answers line by line until there are no more.
func run(query string, paths []string, in io.Reader, out io.Writer) error {
	ctx := context.Background()
	prepared, err := rego.New(rego.Query(query), rego.Load(paths, ignored)).PrepareForEval(ctx)
	if err != nil {
		return err
	}
	lines, answers := bufio.NewReader(in), json.NewEncoder(out)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		} else if err != nil {
			return err
		}
		var asked question
		if err := json.Unmarshal(line, &asked); err != nil {
			return err
		}
		given, err := evaluate(ctx, prepared, asked)
		if err != nil {
			return err
		}
		if err := answers.Encode(given); err != nil {
			return err
		}
	}
}

// ignored leaves out what the gateway's bundle leaves out: tests, schemas, and hidden files.
func ignored(_ string, info fs.FileInfo, depth int) bool {
	name := info.Name()
	return depth > 0 && strings.HasPrefix(name, ".") || info.IsDir() && name == "schemas" || strings.HasSuffix(name, "_test.rego")
}

func evaluate(ctx context.Context, prepared rego.PreparedEvalQuery, asked question) (answer, error) {
	if asked.Count < 1 {
		return answer{}, errors.New("a count is 1 or more")
	}
	given := answer{Nanoseconds: make([]int64, 0, asked.Count)}
	for range asked.Count {
		from := time.Now()
		value, err := once(ctx, prepared, asked.Input)
		spent := time.Since(from)
		if err != nil {
			return answer{}, err
		}
		if given.Value == nil {
			given.Value = value
		} else if !reflect.DeepEqual(value, given.Value) {
			given.Differing++
		}
		given.Nanoseconds = append(given.Nanoseconds, spent.Nanoseconds())
	}
	return given, nil
}

func once(ctx context.Context, prepared rego.PreparedEvalQuery, text []byte) (any, error) {
	input, err := ast.ValueFromReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	results, err := prepared.Eval(ctx, rego.EvalParsedInput(input))
	if err != nil {
		return nil, err
	}
	if len(results) != 1 || len(results[0].Expressions) != 1 {
		return nil, errors.New("the query is undefined, or has several results")
	}
	return results[0].Expressions[0].Value, nil
}
