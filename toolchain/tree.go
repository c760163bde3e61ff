package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/loader"
)

const schemasDir = "schemas"

// A tree is what policy directories hold, read once.
type tree struct {
	dirs []string
	// policies and tests are parsed with the paths as the author typed them, for messages.
	policies map[string]*ast.Module
	tests    map[string]*ast.Module
	// bundle holds the policies and data with paths from the top of their directory, so that what is built does not depend on where.
	bundle  *bundle.Bundle
	schemas *ast.SchemaSet
	// inputSchema is schemas/input.json, which holds for every package that names no other.
	inputSchema any
}

// readTree reads the directories. Its errors are all that can be said without compiling: files that do not parse, data outside the roots.
func readTree(dirs []string, capabilities *ast.Capabilities) (*tree, error) {
	return readDirs(dirs, capabilities, false)
}

// readData reads directories that hold data and no rules.
func readData(dirs []string, capabilities *ast.Capabilities) (*tree, error) {
	return readDirs(dirs, capabilities, true)
}

func readDirs(dirs []string, capabilities *ast.Capabilities, dataOnly bool) (*tree, error) {
	if len(dirs) == 0 {
		return nil, errors.New("name a directory of policies")
	}
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("there is no directory %s", dir)
		} else if !info.IsDir() {
			return nil, fmt.Errorf("%s is a file; name the directory that holds the policies", dir)
		}
	}
	t := &tree{dirs: dirs, policies: map[string]*ast.Module{}, tests: map[string]*ast.Module{}}
	if err := t.parse(capabilities); err != nil {
		return nil, err
	}
	if len(t.policies) == 0 && !dataOnly {
		return nil, fmt.Errorf("there is no .rego file below %s; for a bundle that brings data only, use regate policy build --data", strings.Join(dirs, ", "))
	}
	if len(t.policies) > 0 && dataOnly {
		return nil, fmt.Errorf("there are rules below %s; --data is for bundles that bring data only", strings.Join(dirs, ", "))
	}
	bundles := make([]*bundle.Bundle, 0, len(dirs))
	for _, dir := range dirs {
		one, err := readBundle(dir, capabilities)
		if err != nil {
			return nil, err
		}
		if err := t.holdsAll(dir, one); err != nil {
			return nil, err
		}
		bundles = append(bundles, one)
	}
	merged, err := merge(dirs, bundles)
	if err != nil {
		return nil, err
	}
	t.bundle = merged
	t.schemas, t.inputSchema, err = readSchemas(dirs)
	return t, err
}

func (t *tree) parse(capabilities *ast.Capabilities) error {
	files, err := loader.NewFileLoader().
		WithProcessAnnotation(true).
		WithCapabilities(capabilities).
		Filtered(t.dirs, func(abspath string, info os.FileInfo, depth int) bool {
			return depth > 0 && hidden(info.Name()) || !info.IsDir() && filepath.Ext(abspath) != bundle.RegoExt
		})
	if err != nil {
		return err
	}
	for _, file := range files.Modules {
		name := file.Parsed.Package.Location.File
		if isTest(name) {
			t.tests[name] = file.Parsed
		} else {
			t.policies[name] = file.Parsed
		}
	}
	return nil
}

// holdsAll makes sure that what is checked and what is built are the same files. OPA's two ways of reading a directory part company at symbolic links
// to directories; a rule that was checked, but is not in the bundle, might be the one that denies.
func (t *tree) holdsAll(dir string, b *bundle.Bundle) error {
	built := map[string]bool{}
	for _, module := range b.Modules {
		built[filepath.Join(dir, module.Path)] = true
	}
	top := filepath.Clean(dir) + string(filepath.Separator)
	for name := range t.policies {
		below := strings.HasPrefix(filepath.Clean(name), top) || filepath.Clean(dir) == "."
		if below && !built[filepath.Clean(name)] {
			return fmt.Errorf("%s cannot be read as a part of %s; put the file itself there, not a link to its directory", name, dir)
		}
	}
	return nil
}

// readBundle reads one directory as OPA reads a bundle: data.json and data.yaml at their place, the rest of the JSON is not data.
func readBundle(dir string, capabilities *ast.Capabilities) (*bundle.Bundle, error) {
	schemas := filepath.Join(dir, schemasDir) + string(filepath.Separator)
	files := bundle.NewDirectoryLoader(dir).WithFilter(func(abspath string, info os.FileInfo, _ int) bool {
		// The depth that OPA gives here is counted from the top of the path, not of the directory.
		name := filepath.Clean(abspath)
		if name == filepath.Clean(dir) || info.Name() == bundle.ManifestExt {
			return false
		}
		if info.IsDir() || hidden(info.Name()) {
			return hidden(info.Name())
		}
		return isTest(name) || strings.HasPrefix(name, schemas) && filepath.Ext(name) != bundle.RegoExt
	}).WithFollowSymlinks(true)
	read, err := bundle.NewCustomReader(files).
		WithProcessAnnotations(true).
		WithCapabilities(capabilities).
		WithSkipBundleVerification(true).
		Read()
	if err != nil {
		return nil, &problems{findings: []finding{said("bundle_error", dir+": "+err.Error(), adviseReading(err.Error())...)}}
	}
	if len(read.WasmModules) > 0 || len(read.PlanModules) > 0 {
		return nil, fmt.Errorf("%s holds a compiled bundle, not sources", dir)
	}
	for i := range read.Modules {
		module := &read.Modules[i]
		module.Path = path.Join("/", filepath.ToSlash(module.RelativePath))
		module.URL = module.Path
	}
	slices.SortFunc(read.Modules, func(a, b bundle.ModuleFile) int { return strings.Compare(a.Path, b.Path) })
	if roots, err := manifestRoots(dir); err != nil {
		return nil, err
	} else if roots == nil {
		derived := deriveRoots(&read)
		read.Manifest.Roots = &derived
	}
	return &read, nil
}

// merge puts several directories into one bundle. No part of data may belong to two of them, and no file may come twice.
func merge(dirs []string, bundles []*bundle.Bundle) (*bundle.Bundle, error) {
	owners, files := map[string]string{}, map[string]string{}
	for i, one := range bundles {
		for _, root := range *one.Manifest.Roots {
			for other, owner := range owners {
				if owner != dirs[i] && bundle.RootPathsOverlap(root, other) {
					return nil, clash(owner, dirs[i], "own data."+strings.ReplaceAll(root, "/", "."),
						"move the rules or the data into one of them, or narrow the roots in their .manifest")
				}
			}
			owners[root] = dirs[i]
		}
		for _, module := range one.Modules {
			if owner, twice := files[module.Path]; twice {
				return nil, clash(owner, dirs[i], "hold a file "+module.Path[1:], "give one of the files another name")
			}
			files[module.Path] = dirs[i]
		}
	}
	merged, err := bundle.Merge(bundles)
	if err != nil {
		return nil, &problems{findings: []finding{said("bundle_error", err.Error())}}
	}
	if len(bundles) > 1 {
		// OPA's merge drops these. The first directory that says something has its way.
		merged.Manifest.Metadata = nil
		for _, one := range bundles {
			if merged.Manifest.Revision == "" {
				merged.Manifest.Revision = one.Manifest.Revision
			}
			if merged.Manifest.Metadata == nil {
				merged.Manifest.Metadata = one.Manifest.Metadata
			}
		}
		// Every file is Rego v1; a list that says so of each would only name paths.
		merged.Manifest.FileRegoVersions = nil
	}
	return merged, nil
}

func clash(one, other, what, help string) error {
	return &problems{findings: []finding{said("bundle_error", fmt.Sprintf("%s and %s both %s", one, other, what), help)}}
}

func isTest(name string) bool { return strings.HasSuffix(name, "_test.rego") }

// hidden tells editors' and version control's files, and the second tree that Kubernetes keeps below a mounted ConfigMap.
func hidden(name string) bool { return strings.HasPrefix(name, ".") }
