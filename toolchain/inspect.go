package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/format"
)

// An inspection says what a bundle or a directory holds. Which built-ins a bundle's module needs only the module itself can say: it is written to
// -wasm-out for the caller to ask.
type inspection struct {
	Kind        string          `json:"kind"`
	Manifest    bundle.Manifest `json:"manifest"`
	Entrypoints []entrypoint    `json:"entrypoints"`
	Packages    []string        `json:"packages"`
	Data        []string        `json:"data"`
	Files       []file          `json:"files"`
	// Rules are what each module defines; of the entry points of a compiled bundle only the module has them.
	Rules    []definedRule `json:"rules"`
	Builtins *usedBuiltins `json:"builtins,omitempty"`
}

type entrypoint struct {
	Path        string             `json:"path"`
	Annotations []*ast.Annotations `json:"annotations,omitempty"`
}

// A definedRule is one path that rules of one module define. Two that have the same digest are written the same way, apart from white space, comments
// and the order in which they stand.
type definedRule struct {
	Path   string `json:"path"`
	File   string `json:"file"`
	Rules  int    `json:"rules"`
	Digest string `json:"digest"`
}

type file struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

type usedBuiltins struct {
	Native []string `json:"native"`
	Host   []string `json:"host"`
	// Refused are those that the gateway does not have.
	Refused []string `json:"refused"`
}

// runInspect reads a bundle file or a directory of policies.
func runInspect(args []string, out, errOut io.Writer) error {
	flags := newFlags("inspect", errOut)
	host := hostFlag(flags)
	format := flags.String("format", formatPretty, "of errors: pretty or json; the report itself is JSON")
	wasmOut := flags.String("wasm-out", "", "where to write the bundle's policy.wasm")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := checkFormat(*format); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("name one bundle file or one directory of policies")
	}
	name := flags.Arg(0)
	info, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("there is no file or directory %s", name)
	}
	var found *inspection
	if info.IsDir() {
		found, err = inspectDirectory(name, *host)
	} else {
		found, err = inspectBundle(name, *wasmOut)
	}
	if err != nil {
		return reported(*format, err)
	}
	return writeJSON(out, found)
}

func inspectBundle(name, wasmOut string) (*inspection, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	read, err := bundle.NewReader(bytes.NewReader(text)).WithSkipBundleVerification(true).WithProcessAnnotations(true).Read()
	if err != nil {
		return nil, &problems{findings: []finding{said("bundle_error", name+": "+err.Error())}}
	}
	found := describe("bundle", &read)
	if found.Files, err = listArchive(text); err != nil {
		return nil, err
	}
	for _, resolver := range read.Manifest.WasmResolvers {
		found.Entrypoints = append(found.Entrypoints, entrypoint{resolver.Entrypoint, resolver.Annotations})
	}
	if wasmOut != "" && len(read.WasmModules) > 0 {
		return found, os.WriteFile(wasmOut, read.WasmModules[0].Raw, 0o600)
	}
	return found, nil
}

func listArchive(text []byte) ([]file, error) {
	inflated, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	files := []file{}
	for archive := tar.NewReader(inflated); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		} else if err != nil {
			return nil, err
		}
		files = append(files, file{strings.TrimPrefix(header.Name, "/"), header.Size})
	}
}

func inspectDirectory(name, host string) (*inspection, error) {
	// A directory is shown as it is, whether the gateway could run it or not.
	t, err := readTree([]string{name}, fullCapabilities())
	if err != nil {
		return nil, err
	}
	found := describe("directory", t.bundle)
	compiler := t.newCompiler(fullCapabilities())
	if err := t.compile(compiler, t.policies); err != nil {
		return nil, err
	}
	for _, module := range t.bundle.Modules {
		found.Files = append(found.Files, file{strings.TrimPrefix(module.Path, "/"), int64(len(module.Raw))})
	}
	for _, annotated := range compiler.GetAnnotationSet().Flatten() {
		if annotated.Annotations.Entrypoint {
			path, err := annotated.Path.Ptr()
			if err != nil {
				return nil, err
			}
			found.Entrypoints = append(found.Entrypoints, entrypoint{path, []*ast.Annotations{annotated.Annotations}})
		}
	}
	found.Builtins = builtinsOf(compiler, names(host))
	return found, nil
}

func describe(kind string, b *bundle.Bundle) *inspection {
	manifest := b.Manifest
	manifest.WasmResolvers = nil
	found := &inspection{Kind: kind, Manifest: manifest, Entrypoints: []entrypoint{}, Packages: []string{}, Data: []string{}, Files: []file{}, Rules: rulesOf(b)}
	for _, module := range b.Modules {
		found.Packages = append(found.Packages, module.Parsed.Package.Path.String())
	}
	for key := range b.Data {
		found.Data = append(found.Data, key)
	}
	slices.Sort(found.Packages)
	found.Packages = slices.Compact(found.Packages)
	slices.Sort(found.Data)
	return found
}

func rulesOf(b *bundle.Bundle) []definedRule {
	found := []definedRule{}
	for _, module := range b.Modules {
		texts := map[string][]string{}
		for _, rule := range module.Parsed.Rules {
			path := rule.Ref().GroundPrefix().String()
			texts[path] = append(texts[path], written(rule))
		}
		for _, path := range slices.Sorted(maps.Keys(texts)) {
			all := texts[path]
			slices.Sort(all)
			digest := sha256.Sum256([]byte(strings.Join(all, "\n")))
			found = append(found, definedRule{path, strings.TrimPrefix(module.Path, "/"), len(all), hex.EncodeToString(digest[:])})
		}
	}
	slices.SortFunc(found, func(a, b definedRule) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.File, b.File))
	})
	return found
}

// written gives a rule as the formatter writes it. The compiler's own form numbers wildcards through the module, so that a new rule would seem to change
// those behind it.
func written(rule *ast.Rule) string {
	text, err := format.Ast(rule)
	if err != nil {
		return rule.String()
	}
	return string(text)
}

// builtinsOf names the built-ins that the policies call: those compiled into the module, those that the host lends, and those that nobody has.
func builtinsOf(compiler *ast.Compiler, host []string) *usedBuiltins {
	native := names(nativeBuiltins)
	used := &usedBuiltins{Native: []string{}, Host: []string{}, Refused: []string{}}
	for _, builtin := range compiler.Required.Builtins {
		to := &used.Refused
		if slices.Contains(native, builtin.Name) {
			to = &used.Native
		} else if slices.Contains(host, builtin.Name) {
			to = &used.Host
		}
		*to = append(*to, builtin.Name)
	}
	return used
}
