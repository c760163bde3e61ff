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

const reaches = "a policy of the gateway cannot reach the network or the host: let the gateway collect the fact and read it from input, or put it into data"

// instead has the advice that is better than the general one.
var instead = map[string]string{
	"http.send":               reaches,
	"net.lookup_ip_addr":      reaches,
	"opa.runtime":             reaches,
	"providers.aws.sign_req":  "a policy of the gateway never signs requests: name the credential in the answer's route",
	"io.jwt.decode":           "the gateway has verified the token: read its claims from input.identity",
	"io.jwt.decode_verify":    "the gateway has verified the token: read its claims from input.identity",
	"sprintf":                 `write a template string, $"...{value}...", which is compiled into the module`,
	"rand.intn":               "a decision must come out the same when it is asked again: derive the value from input.request.id",
	"uuid.rfc4122":            "a decision must come out the same when it is asked again: use input.request.id",
	"trace":                   `use print, and "regate policy eval --explain notes"`,
	"yaml.unmarshal":          "keep the document as data.yaml beside the policy: the build turns it into data",
	"strings.render_template": `write a template string, $"...{value}...", which is compiled into the module`,
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
