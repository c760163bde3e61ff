package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"
)

// readSchemas reads <dir>/schemas of each directory. A file schemas/a/b.json is schema.a.b in METADATA, as with OPA's --schema.
func readSchemas(dirs []string) (*ast.SchemaSet, any, error) {
	set := ast.NewSchemaSet()
	var input any
	from := map[string]string{}
	for _, dir := range dirs {
		top := filepath.Join(dir, schemasDir)
		if _, err := os.Stat(top); err != nil {
			continue
		}
		err := filepath.WalkDir(top, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(name) != ".json" {
				return err
			}
			relative, err := filepath.Rel(top, name)
			if err != nil {
				return err
			}
			key := strings.TrimSuffix(filepath.ToSlash(relative), ".json")
			if other, twice := from[key]; twice {
				return fmt.Errorf("%s and %s are both the schema %s", other, name, key)
			}
			from[key] = name
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			var schema any
			if err := util.Unmarshal(text, &schema); err != nil {
				return &problems{findings: []finding{said("schema_error", name+": "+err.Error())}}
			}
			ref := ast.SchemaRootRef.Copy()
			for _, part := range strings.Split(key, "/") {
				ref = ref.Append(ast.StringTerm(part))
			}
			set.Put(ref, schema)
			if key == "input" {
				input = schema
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return set, input, nil
}
