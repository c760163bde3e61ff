package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// The list of native built-ins must be OPA's own. Its module carries the list as a file that no Go package exports.
func TestNativeBuiltinsAreThoseOfOPA(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/open-policy-agent/opa").Output()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "builtin_metadata.json"))
	if err != nil {
		t.Fatal(err)
	}
	var metadata map[string]json.RawMessage
	if err := json.Unmarshal(text, &metadata); err != nil {
		t.Fatal(err)
	}
	want := []string{"rego.metadata.chain", "rego.metadata.rule"}
	for name, entry := range metadata {
		var builtin struct {
			Wasm bool `json:"wasm"`
		}
		// Two entries are lists of something else.
		if json.Unmarshal(entry, &builtin) == nil && builtin.Wasm {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	got := names(nativeBuiltins)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("native.go has %q, OPA has %q", got, want)
	}
}

func TestCapabilitiesAreNativeAndHostOnly(t *testing.T) {
	capabilities, err := gatewayCapabilities("time.now_ns,print")
	if err != nil {
		t.Fatal(err)
	}
	has := func(name string) bool {
		return slices.ContainsFunc(capabilities.Builtins, func(b *ast.Builtin) bool { return b.Name == name })
	}
	for name, want := range map[string]bool{"count": true, "time.now_ns": true, "time.clock": false, "http.send": false, "opa.runtime": false} {
		if has(name) != want {
			t.Errorf("%s: got %v, want %v", name, has(name), want)
		}
	}
	if capabilities.AllowNet == nil || len(capabilities.AllowNet) != 0 {
		t.Errorf("allow_net is %v, which is not the empty list", capabilities.AllowNet)
	}
	if _, err := gatewayCapabilities("time.now_sn"); err == nil {
		t.Error("a host built-in that OPA does not know passed")
	}
}
