package main

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/open-policy-agent/opa/v1/ast"
)

// advise says what to do about an error of OPA's compiler, where that is known. OPA says what is wrong; it does not know the gateway.
func advise(err *ast.Error) []string {
	if name, ok := strings.CutPrefix(err.Message, "undefined function "); ok {
		return adviseFunction(name)
	}
	if detail, ok := err.Details.(*ast.RefErrInvalidDetail); ok {
		if meant := closest(detail); meant != "" {
			return []string{fmt.Sprintf("did you mean %q?", meant)}
		}
	}
	return nil
}

// instead says what to do without a built-in that the gateway refuses. The gateway says the same where it refuses a bundle (refused.ts), and a test
// compares both.
var instead = map[string]string{
	"http.send":          "a decision cannot wait for the network; let the gateway collect the fact and read it from input, or put it into data",
	"net.lookup_ip_addr": "a decision cannot wait for DNS; compare addresses with the net.cidr built-ins",
	"opa.runtime":        "it would show the configuration and the environment of the process to policies; what a policy may know is in input and data",
	"rego.parse_module":  "a policy has no use for the source of another one in a request; regate policy check and inspect read policies",
}

// adviseReading explains WASI's word for a path that leads out of what the host has opened, or to a directory where a file is wanted.
func adviseReading(message string) []string {
	if !strings.Contains(message, "Capabilities insufficient") {
		return nil
	}
	return []string{"it is a link to a directory, or to a place outside of the directories that were named: put the files themselves there"}
}

func adviseFunction(name string) []string {
	if !isOPABuiltin(name) {
		return nil
	}
	if advice, ok := instead[name]; ok {
		return []string{name + " is a built-in of OPA that the gateway does not lend to policies: " + advice}
	}
	return []string{
		name + " is a built-in of OPA that the gateway does not lend to policies: write the rule with those it has (regate policy capabilities)",
	}
}

func isOPABuiltin(name string) bool {
	for _, builtin := range ast.CapabilitiesForThisVersion().Builtins {
		if builtin.Name == name {
			return true
		}
	}
	return false
}

// closest finds the key that was probably meant: at most half of its letters differ.
func closest(detail *ast.RefErrInvalidDetail) string {
	if detail.Pos >= len(detail.Ref) {
		return ""
	}
	have, ok := detail.Ref[detail.Pos].Value.(ast.String)
	if !ok {
		return ""
	}
	best, distance := "", len(have)/2+1
	for _, want := range detail.OneOf {
		if name, ok := want.(ast.String); ok {
			if d := levenshtein.ComputeDistance(string(have), string(name)); d < distance {
				best, distance = string(name), d
			}
		}
	}
	return best
}
