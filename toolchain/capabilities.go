package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// hostFlag reads the names of the built-ins that the gateway's host implements.
func hostFlag(flags *flag.FlagSet) *string {
	return flags.String("host-builtins", "", "comma-separated names of the built-ins that the host lends to policies")
}

// gatewayCapabilities are what a policy may use: the built-ins that OPA compiles into the module, those that the host has, and no network, not
// even for schemas. The host's list is the gateway's own registry, so that what builds also runs.
func gatewayCapabilities(hostBuiltins string) (*ast.Capabilities, error) {
	host := names(hostBuiltins)
	capabilities := ast.CapabilitiesForThisVersion()
	for _, name := range host {
		if !slices.ContainsFunc(capabilities.Builtins, func(b *ast.Builtin) bool { return b.Name == name }) {
			return nil, fmt.Errorf("the host names a built-in that OPA does not have: %s", name)
		}
	}
	native := names(nativeBuiltins)
	capabilities.Builtins = slices.DeleteFunc(capabilities.Builtins, func(b *ast.Builtin) bool {
		return !slices.Contains(native, b.Name) && !slices.Contains(host, b.Name)
	})
	capabilities.AllowNet = []string{}
	return capabilities, nil
}

// fullCapabilities are OPA's own, without the network: for test files, which never leave the author's machine.
func fullCapabilities() *ast.Capabilities {
	capabilities := ast.CapabilitiesForThisVersion()
	capabilities.AllowNet = []string{}
	return capabilities
}

func names(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

func runCapabilities(args []string, out, errOut io.Writer) error {
	flags := newFlags("capabilities", errOut)
	host := hostFlag(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	capabilities, err := gatewayCapabilities(*host)
	if err != nil {
		return err
	}
	// OPA's type leaves an empty allow_net out, and a file without it allows every host.
	return writeJSON(out, struct {
		*ast.Capabilities
		AllowNet []string `json:"allow_net"`
	}{capabilities, capabilities.AllowNet})
}
