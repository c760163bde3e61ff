package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
)

// manifestRoots reads the roots that the directory's own .manifest names; nil where it names none. OPA's reader would have put [""] there.
func manifestRoots(dir string) ([]string, error) {
	name := filepath.Join(dir, bundle.ManifestExt)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var manifest struct {
		Roots []string `json:"roots"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return manifest.Roots, nil
}

// deriveRoots says which parts of data the bundle owns: its packages, and the top-level keys of its data. Never all of data, since the gateway
// itself supplies data.regate.backends; below "regate" a bundle owns only the keys that it has.
func deriveRoots(b *bundle.Bundle) []string {
	var roots []string
	for _, module := range b.Modules {
		roots = append(roots, packageRoot(module.Parsed.Package.Path))
	}
	for key, value := range b.Data {
		below, isObject := value.(map[string]any)
		if key != "regate" || !isObject {
			roots = append(roots, key)
			continue
		}
		for inner := range below {
			roots = append(roots, "regate/"+inner)
		}
	}
	return outermost(roots)
}

// outermost drops the roots that another contains.
func outermost(roots []string) []string {
	// By segments, a root comes right before those that it contains.
	slices.SortFunc(roots, func(a, b string) int { return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/")) })
	var kept []string
	for _, root := range roots {
		if len(kept) == 0 || !bundle.RootPathsContain(kept[len(kept)-1:], root) {
			kept = append(kept, root)
		}
	}
	return kept
}

// packageRoot writes data.a.b as a/b, up to the first segment that a root cannot express.
func packageRoot(path ast.Ref) string {
	var segments []string
	for _, term := range path[1:] {
		name, ok := term.Value.(ast.String)
		if !ok || strings.Contains(string(name), "/") {
			break
		}
		segments = append(segments, string(name))
	}
	return strings.Join(segments, "/")
}
