package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"
	"github.com/open-policy-agent/opa/v1/version"
)

// A built bundle, as reported by build -format json.
type built struct {
	Output      string   `json:"output"`
	Revision    string   `json:"revision"`
	SHA256      string   `json:"sha256"`
	Bytes       int      `json:"bytes"`
	OPA         string   `json:"opa"`
	Roots       []string `json:"roots"`
	Entrypoints []string `json:"entrypoints"`
}

// runBuild checks the policies and compiles them into a bundle: .manifest, policy.wasm, data.json and the Rego. The same input gives the same
// bytes, wherever it lies.
func runBuild(args []string, out, errOut io.Writer) error {
	flags := newFlags("build", errOut)
	host := hostFlag(flags)
	format := flags.String("format", formatPretty, "pretty or json")
	output := flags.String("output", "bundle.tar.gz", "the file to write")
	revision := flags.String("revision", "", "the revision in the manifest")
	keepPrint := flags.Bool("keep-print", false, "keep calls of print in the module")
	dataOnly := flags.Bool("data", false, "the bundle brings data only")
	var entrypoints, roots list
	flags.Var(&entrypoints, "entrypoint", "a rule that the gateway asks for, as a/b/c")
	flags.Var(&roots, "root", "a part of data that the bundle owns, as a/b")
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
	read := readTree
	if *dataOnly {
		read = readData
	}
	t, err := read(flags.Args(), capabilities)
	if err != nil {
		return reported(*format, err)
	}
	// OPA's build neither reads schemas nor is strict; the check does both, and its messages name the files as they were typed.
	asked, err := entrypointRefs(entrypoints)
	if err != nil {
		return err
	}
	if !*dataOnly {
		if err := t.check(capabilities, asked...); err != nil {
			return reported(*format, err)
		}
	}
	if len(roots) > 0 {
		if err := ownsAll(t.bundle, roots); err != nil {
			return reported(*format, err)
		}
		asGiven := []string(roots)
		t.bundle.Manifest.Roots = &asGiven
	}
	if *revision == "" {
		if *revision, err = t.revision(entrypoints, *keepPrint); err != nil {
			return err
		}
	}
	bytes, result, err := compileBundle(t.bundle, capabilities, *revision, entrypoints, *keepPrint, *dataOnly)
	if err != nil {
		return reported(*format, err)
	}
	if err := os.WriteFile(*output, bytes, 0o644); err != nil {
		return err
	}
	result.Output = *output
	if *format == formatJSON {
		return writeJSON(out, result)
	}
	fmt.Fprintf(out, "%d bytes, revision %s, sha256 %s\n", result.Bytes, result.Revision, result.SHA256)
	for _, entrypoint := range result.Entrypoints {
		fmt.Fprintf(out, "entry point %s\n", entrypoint)
	}
	return nil
}

func entrypointRefs(paths []string) ([]ast.Ref, error) {
	refs := make([]ast.Ref, 0, len(paths))
	for _, path := range paths {
		ref, err := ast.PtrRef(ast.DefaultRootDocument, path)
		if err != nil {
			return nil, fmt.Errorf("%q is not an entry point: write package and rule as a/b/c", path)
		}
		refs = append(refs, ref)
	}
	return refs, nil
}

func compileBundle(b *bundle.Bundle, capabilities *ast.Capabilities, revision string, entrypoints []string, keepPrint, dataOnly bool) ([]byte, *built, error) {
	var buffer bytes.Buffer
	target := compile.TargetWasm
	if dataOnly {
		target = compile.TargetRego
	}
	compiler := compile.New().
		WithBundle(b).
		WithCapabilities(capabilities).
		WithTarget(target).
		WithRegoVersion(ast.RegoV1).
		WithRegoAnnotationEntrypoints(true).
		WithEntrypoints(entrypoints...).
		WithRevision(revision).
		WithEnablePrintStatements(keepPrint).
		WithOutput(&buffer)
	if err := compiler.Build(context.Background()); err != nil {
		if found := asProblems(formatPretty, err); found != err {
			return nil, nil, found
		}
		return nil, nil, &problems{findings: []finding{said("build_error", err.Error(), adviseBuild(err)...)}}
	}
	digest := sha256.Sum256(buffer.Bytes())
	result := &built{
		Revision: revision, SHA256: hex.EncodeToString(digest[:]), Bytes: buffer.Len(), OPA: version.Version, Roots: *b.Manifest.Roots,
	}
	for _, resolver := range b.Manifest.WasmResolvers {
		result.Entrypoints = append(result.Entrypoints, resolver.Entrypoint)
	}
	return buffer.Bytes(), result, nil
}

func adviseBuild(err error) []string {
	if err.Error() == "wasm compilation requires at least one entrypoint" {
		return []string{`give the rule the METADATA line "entrypoint: true", or name it: -e gateway/decision/answer`}
	}
	return nil
}

func ownsAll(b *bundle.Bundle, roots []string) error {
	for _, module := range b.Modules {
		if root := packageRoot(module.Parsed.Package.Path); !bundle.RootPathsContain(roots, root) {
			return &problems{findings: []finding{said("bundle_error", fmt.Sprintf("the roots do not cover %v of %s", module.Parsed.Package, module.Path[1:]))}}
		}
	}
	for key, value := range b.Data {
		if !covered(roots, key, value) {
			return &problems{findings: []finding{said("bundle_error", fmt.Sprintf("the roots do not cover all of data.%s", key))}}
		}
	}
	return nil
}

func covered(roots []string, path string, value any) bool {
	if bundle.RootPathsContain(roots, path) {
		return true
	}
	below, ok := value.(map[string]any)
	for key, inner := range below {
		if !covered(roots, path+"/"+key, inner) {
			return false
		}
	}
	return ok && len(below) > 0
}

// revision is what a bundle of the directories has where nobody names another: the one in .manifest, or else one that names the content.
func (t *tree) revision(entrypoints []string, keepPrint bool) (string, error) {
	if named := t.bundle.Manifest.Revision; named != "" {
		return named, nil
	}
	return contentRevision(t.bundle, entrypoints, keepPrint)
}

// contentRevision names the content: the first 12 hex digits of a SHA-256 over the Rego, the data, the manifest and what was asked for. Tests and
// schemas do not count, since they are not in the bundle.
func contentRevision(b *bundle.Bundle, entrypoints []string, keepPrint bool) (string, error) {
	hash := sha256.New()
	put := func(name string, content []byte) { fmt.Fprintf(hash, "%s\n%d\n%s\n", name, len(content), content) }
	for _, module := range b.Modules {
		put(module.Path, module.Raw)
	}
	for _, part := range []struct {
		name  string
		value any
	}{{"data.json", b.Data}, {".manifest", b.Manifest}, {"options", []any{entrypoints, keepPrint}}} {
		text, err := json.Marshal(part.value)
		if err != nil {
			return "", err
		}
		put(part.name, text)
	}
	return hex.EncodeToString(hash.Sum(nil))[:12], nil
}
