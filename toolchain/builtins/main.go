// Command builtins lends the gateway OPA's own implementation of those built-ins that are rarely called and hard to write again: tokens,
// certificates, GraphQL, JSON Schema, YAML and some more.
//
// It is built as a WASI reactor (GOOS=wasip1, -buildmode=c-shared) and driven by gateway/engine/go-builtins: write a request where reserve says,
// call invoke, read the response. It has no files, no environment and no network.
package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"
)

// How a call ended; the first byte of a response.
const (
	statusValue     = 0 // the rest is the value
	statusUndefined = 1 // the built-in has no value for these operands; the rest says why
	statusFault     = 2 // the evaluation must fail; the rest says why
)

// refused are never called, whatever the host asks for: they reach for the network, the process or other policies.
var refused = []string{"http.send", "net.lookup_ip_addr", "opa.runtime", "rego.parse_module"}

var (
	request  []byte
	response []byte
	// Remote references in schemas are refused.
	capabilities = &ast.Capabilities{AllowNet: []string{}}
)

func main() {}

// reserve makes room for a request and says where.
//
//go:wasmexport reserve
func reserve(size uint32) uint32 {
	if cap(request) < int(size) {
		request = make([]byte, size)
	}
	request = request[:size]
	return address(request)
}

// invoke answers the request: the text of the array [name, [operand...], nanoseconds since the epoch]. It gives the place of the response: its
// length, the status, the text.
//
//go:wasmexport invoke
func invoke() uint32 {
	status, text := answer(request)
	response = binary.LittleEndian.AppendUint32(response[:0], uint32(len(text)+1))
	response = append(response, status)
	response = append(response, text...)
	return address(response)
}

func address(bytes []byte) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(bytes)))) }

func answer(text []byte) (status byte, result []byte) {
	defer func() {
		if broken := recover(); broken != nil {
			status, result = statusFault, fmt.Appendf(nil, "panic: %v", broken)
		}
	}()
	name, operands, now, err := readRequest(text)
	if err != nil {
		return statusFault, []byte(err.Error())
	}
	value, err := call(name, operands, now)
	var fault faultError
	switch {
	case errors.As(err, &fault) || errors.As(err, &topdown.Halt{}):
		return statusFault, []byte(err.Error())
	case err != nil:
		return statusUndefined, []byte(err.Error())
	case value == nil:
		return statusUndefined, []byte("no value")
	}
	written, err := appendValue(nil, value)
	if err != nil {
		return statusFault, []byte(err.Error())
	}
	return statusValue, written
}

// faultError is a failure that is not the policy's and must not pass for an undefined call.
type faultError string

func (f faultError) Error() string { return string(f) }

func readRequest(text []byte) (name string, operands []*ast.Term, now *ast.Term, err error) {
	value, err := readValue(text)
	if err != nil {
		return "", nil, nil, err
	}
	parts, ok := value.(*ast.Array)
	if !ok || parts.Len() != 3 {
		return "", nil, nil, faultError("not a request")
	}
	called, isName := parts.Elem(0).Value.(ast.String)
	arguments, isArray := parts.Elem(1).Value.(*ast.Array)
	if !isName || !isArray {
		return "", nil, nil, faultError("not a request")
	}
	arguments.Foreach(func(t *ast.Term) { operands = append(operands, t) })
	return string(called), operands, parts.Elem(2), nil
}

func call(name string, operands []*ast.Term, now *ast.Term) (ast.Value, error) {
	declared := ast.BuiltinMap[name]
	function := topdown.GetBuiltin(name)
	if declared == nil || function == nil || slices.Contains(refused, name) {
		return nil, faultError("no such built-in: " + name)
	}
	if len(operands) != declared.Decl.Arity() {
		return nil, faultError("wrong number of operands: " + name)
	}
	// No cache between queries: what a call gives must not depend on those before it, and OPA's has been seen to change an answer
	// (strings.any_prefix_match).
	callContext := topdown.BuiltinContext{
		Context: context.Background(),
		Metrics: metrics.NoOp(),
		// For signatures, which must not come from a seed that the record of the decision shows: it would give away the key.
		Seed:         rand.Reader,
		Time:         now,
		Cancel:       topdown.NewCancel(),
		Cache:        builtins.Cache{},
		Capabilities: capabilities,
	}
	var result ast.Value
	err := function(callContext, operands, func(t *ast.Term) error {
		result = t.Value
		return nil
	})
	return result, err
}
