package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// An explanation tells for every rule that was asked whether it held, what it gave, and if not, where it stopped.
type explanation struct {
	Fired    []*verdict `json:"fired"`
	NotFired []*verdict `json:"not_fired"`
}

// A verdict is about one definition of a rule. A function, or a rule under `with`, may have been asked several times.
type verdict struct {
	Rule     string        `json:"rule"`
	Default  bool          `json:"default,omitempty"`
	Location *ast.Location `json:"location"`
	Asked    int           `json:"asked"`
	Held     int           `json:"held"`
	// Values are what it gave: each once, in order.
	Values []any `json:"values,omitempty"`
	// Stopped is how far it came at best; of a rule that never held.
	Stopped *stop `json:"stopped,omitempty"`
}

type stop struct {
	Location   *ast.Location `json:"location"`
	Expression string        `json:"expression"`
	// Because gives the values of what the expression reads, one a line.
	Because []string `json:"because,omitempty"`
	index   int
}

// An explainer listens to an evaluation, and makes an explanation of it. The evaluation must not use rule indices, nor leave off early: what an index
// leaves out is never told.
type explainer struct {
	data any
	// erased and masked are the last parts of the JSON pointers to what a record's mask took out of the input or changed.
	erased, masked map[string]bool
	verdicts       map[string]*verdict
	order          []*verdict
	frames         map[uint64]*frame
}

type frame struct {
	rule *ast.Rule
	of   *verdict
	held bool
	stop *stop
}

func newExplainer(data any, erased, masked []string) *explainer {
	return &explainer{
		data: data, erased: lastParts(erased), masked: lastParts(masked), verdicts: map[string]*verdict{}, frames: map[uint64]*frame{},
	}
}

func lastParts(pointers []string) map[string]bool {
	parts := map[string]bool{}
	for _, pointer := range pointers {
		last := pointer[strings.LastIndex(pointer, "/")+1:]
		parts[strings.NewReplacer("~1", "/", "~0", "~").Replace(last)] = true
	}
	return parts
}

func (e *explainer) Enabled() bool { return true }

func (e *explainer) Config() topdown.TraceConfig { return topdown.TraceConfig{PlugLocalVars: true} }

func (e *explainer) TraceEvent(event topdown.Event) {
	rule, isRule := event.Node.(*ast.Rule)
	switch {
	case event.Op == topdown.EnterOp && isRule && rule.Location != nil:
		e.enter(event.QueryID, rule)
	case event.Op == topdown.ExitOp && isRule:
		if at := e.frames[event.QueryID]; at != nil {
			e.hold(at, rule, &event)
		}
	case event.Op == topdown.FailOp:
		expr, isExpr := event.Node.(*ast.Expr)
		if at := e.frames[event.QueryID]; at != nil && isExpr && !at.held && (at.stop == nil || expr.Index >= at.stop.index) {
			at.stop = e.stopAt(at.rule, expr, &event)
			e.keep(at)
		}
	}
}

func (e *explainer) enter(query uint64, rule *ast.Rule) {
	key := fmt.Sprint(rule.Location, rule.Head.Location)
	of, known := e.verdicts[key]
	if !known {
		of = &verdict{Rule: rule.Ref().GroundPrefix().String(), Default: rule.Default, Location: rule.Location}
		e.verdicts[key] = of
		e.order = append(e.order, of)
	}
	of.Asked++
	e.frames[query] = &frame{rule: rule, of: of}
}

func (e *explainer) hold(at *frame, rule *ast.Rule, event *topdown.Event) {
	if !at.held {
		at.held = true
		at.of.Held++
	}
	at.of.Stopped = nil
	value := valueOf(rule.Head, event)
	shown := fmt.Sprint(value)
	if !slices.ContainsFunc(at.of.Values, func(other any) bool { return fmt.Sprint(other) == shown }) {
		at.of.Values = append(at.of.Values, value)
	}
}

// valueOf gives what a rule gave: a value, a member of a set, or a member of an object with its key.
func valueOf(head *ast.Head, event *topdown.Event) any {
	plugged := func(term *ast.Term) any {
		term = event.Plug(term)
		value, err := ast.JSON(term.Value)
		if err != nil {
			return term.String()
		}
		return value
	}
	ref := head.Ref()
	switch {
	case head.Value == nil:
		return plugged(head.Key)
	case !ref.IsGround():
		return map[string]any{fmt.Sprint(plugged(ref[len(ref)-1])): plugged(head.Value)}
	}
	return plugged(head.Value)
}

// keep notes the furthest that the rule came, over all times that it was asked.
func (e *explainer) keep(at *frame) {
	if of := at.of; of.Held == 0 && (of.Stopped == nil || at.stop.index >= of.Stopped.index) {
		of.Stopped = at.stop
	}
}

func (e *explainer) stopAt(rule *ast.Rule, expr *ast.Expr, event *topdown.Event) *stop {
	location := expr.Location
	if location == nil {
		location = rule.Location
	}
	text := string(location.Text)
	return &stop{Location: location, Expression: oneLine(text), Because: e.because(text, event), index: expr.Index}
}

// because gives the values of the variables and documents that an expression names, in the author's own words.
func (e *explainer) because(text string, event *topdown.Event) []string {
	body, err := ast.ParseBodyWithOpts(strings.TrimPrefix(text, "not "), ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		return nil
	}
	locals := map[ast.Var]*ast.Term{}
	for rewritten, known := range event.LocalMetadata {
		if value := event.Plug(ast.NewTerm(rewritten)); value.IsGround() {
			locals[known.Name] = value
		}
	}
	var lines []string
	say := func(name, last string, value any, found bool) {
		line := name + " is absent"
		switch {
		case found && e.masked[last]:
			line = name + " is " + brief(value) + ", as the mask left it"
		case found:
			line = name + " is " + brief(value)
		case e.erased[last]:
			line = name + " is not on record: it was erased, or was never there"
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	var visitor *ast.GenericVisitor
	visitor = ast.NewGenericVisitor(func(node any) bool {
		switch node := node.(type) {
		case ast.Ref:
			if value, name, found, known := e.lookUp(node, locals, event.Input()); known {
				say(name, e.lastOf(node, locals, event.Input()), value, found)
			}
			for _, key := range node[1:] {
				visitor.Walk(key)
			}
			return true
		case ast.Var:
			if value, ok := locals[node]; ok && !node.IsWildcard() {
				if shown, err := ast.JSON(value.Value); err == nil {
					say(string(node), "", shown, true)
				}
			}
		}
		return false
	})
	visitor.Walk(body)
	return lines
}

// lookUp finds what a reference reads in the input, in the data, or in a variable; where it is absent, the name of the first part that is.
func (e *explainer) lookUp(ref ast.Ref, locals map[ast.Var]*ast.Term, input *ast.Term) (value any, name string, found, known bool) {
	head, isVar := ref[0].Value.(ast.Var)
	if !isVar || len(ref) < 2 {
		return nil, "", false, false
	}
	switch {
	case ref[0].Equal(ast.InputRootDocument):
		if input == nil {
			return nil, "input", false, true
		}
		value, _ = ast.JSON(input.Value)
	case ref[0].Equal(ast.DefaultRootDocument):
		value = e.data
	case locals[head] != nil:
		value, _ = ast.JSON(locals[head].Value)
	default:
		return nil, "", false, false
	}
	name = string(head)
	for i, part := range ref[1:] {
		key, ok := e.keyOf(part, locals, input)
		if !ok {
			return nil, "", false, false
		}
		name = ast.Ref{ast.VarTerm(name), ast.NewTerm(ast.MustInterfaceToValue(key))}.String()
		if value, found = member(value, key); !found {
			// What is not in the data may be a rule: it has a verdict of its own.
			return nil, name, false, !ref[0].Equal(ast.DefaultRootDocument) || i > 0 && e.isData(ref)
		}
	}
	return value, name, true, true
}

// lastOf gives the last part of a reference as a JSON pointer would have it.
func (e *explainer) lastOf(ref ast.Ref, locals map[ast.Var]*ast.Term, input *ast.Term) string {
	key, _ := e.keyOf(ref[len(ref)-1], locals, input)
	return fmt.Sprint(key)
}

// keyOf gives the value in a reference's brackets, where it is known.
func (e *explainer) keyOf(part *ast.Term, locals map[ast.Var]*ast.Term, input *ast.Term) (any, bool) {
	switch value := part.Value.(type) {
	case ast.Var:
		if part = locals[value]; part == nil {
			return nil, false
		}
	case ast.Ref:
		inner, _, found, _ := e.lookUp(value, locals, input)
		return inner, found
	}
	key, err := ast.JSON(part.Value)
	return key, err == nil
}

func (e *explainer) isData(ref ast.Ref) bool {
	top, ok := ref[1].Value.(ast.String)
	_, found := member(e.data, string(top))
	return ok && found
}

func member(value, key any) (any, bool) {
	switch value := value.(type) {
	case map[string]any:
		name, ok := key.(string)
		below, found := value[name]
		return below, ok && found
	case []any:
		var index int
		if _, err := fmt.Sscan(fmt.Sprint(key), &index); err != nil || index < 0 || index >= len(value) {
			return nil, false
		}
		return value[index], true
	}
	return nil, false
}

// explain gives the verdicts in the order in which the rules were asked.
func (e *explainer) explain() *explanation {
	told := &explanation{Fired: []*verdict{}, NotFired: []*verdict{}}
	for _, each := range e.order {
		if each.Held > 0 {
			told.Fired = append(told.Fired, each)
		} else {
			told.NotFired = append(told.NotFired, each)
		}
	}
	return told
}
