package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
)

// The text of a Rego value: JSON without space, and {1,2}, set(), keys of any type. The host writes and reads the same.

const deepest = 512

type reader struct {
	text  []byte
	at    int
	depth int
}

func readValue(text []byte) (ast.Value, error) {
	r := &reader{text: text}
	value, err := r.value()
	if err == nil && r.at != len(r.text) {
		err = r.fail()
	}
	return value, err
}

func (r *reader) fail() error { return faultError(fmt.Sprintf("not a Rego value at offset %d", r.at)) }

func (r *reader) take(mark string) bool {
	if len(r.text)-r.at < len(mark) || string(r.text[r.at:r.at+len(mark)]) != mark {
		return false
	}
	r.at += len(mark)
	return true
}

func (r *reader) value() (ast.Value, error) {
	r.depth++
	defer func() { r.depth-- }()
	if r.at >= len(r.text) || r.depth > deepest {
		return nil, r.fail()
	}
	switch {
	case r.take("null"):
		return ast.NullValue, nil
	case r.take("true"):
		return ast.Boolean(true), nil
	case r.take("false"):
		return ast.Boolean(false), nil
	case r.take("set()"):
		return ast.NewSet(), nil
	case r.text[r.at] == '"':
		return r.string()
	case r.take("["):
		if r.take("]") {
			return ast.NewArray(), nil
		}
		items, err := r.rest(nil, "]")
		return ast.NewArray(items...), err
	case r.take("{"):
		return r.braces()
	}
	return r.number()
}

func (r *reader) term() (*ast.Term, error) {
	value, err := r.value()
	return ast.NewTerm(value), err
}

// rest reads values up to the mark that closes them.
func (r *reader) rest(items []*ast.Term, end string) ([]*ast.Term, error) {
	for {
		item, err := r.term()
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		if r.take(end) {
			return items, nil
		}
		if !r.take(",") {
			return nil, r.fail()
		}
	}
}

// braces reads what follows "{": the first separator tells an object from a set.
func (r *reader) braces() (ast.Value, error) {
	if r.take("}") {
		return ast.NewObject(), nil
	}
	first, err := r.term()
	if err != nil {
		return nil, err
	}
	if r.take("}") {
		return ast.NewSet(first), nil
	}
	if r.take(",") {
		items, err := r.rest([]*ast.Term{first}, "}")
		return ast.NewSet(items...), err
	}
	var members [][2]*ast.Term
	for key := first; ; {
		if !r.take(":") {
			return nil, r.fail()
		}
		member, err := r.term()
		if err != nil {
			return nil, err
		}
		members = append(members, [2]*ast.Term{key, member})
		if r.take("}") {
			return ast.NewObject(members...), nil
		}
		if !r.take(",") {
			return nil, r.fail()
		}
		if key, err = r.term(); err != nil {
			return nil, err
		}
	}
}

func (r *reader) string() (ast.Value, error) {
	end := r.at + 1
	for end < len(r.text) && r.text[end] != '"' {
		if r.text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(r.text) {
		return nil, r.fail()
	}
	var text string
	if err := json.Unmarshal(r.text[r.at:end+1], &text); err != nil {
		return nil, r.fail()
	}
	r.at = end + 1
	return ast.String(text), nil
}

func (r *reader) number() (ast.Value, error) {
	end := r.at
	for end < len(r.text) && slices.Contains([]byte("+-.eE0123456789"), r.text[end]) {
		end++
	}
	literal := string(r.text[r.at:end])
	if _, err := strconv.ParseFloat(literal, 64); err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil, r.fail()
	}
	r.at = end
	return ast.Number(literal), nil
}

// appendValue writes a value. Bytes that are no text fail: the host's strings cannot hold them, and another value must not stand for them.
func appendValue(out []byte, value ast.Value) ([]byte, error) {
	switch v := value.(type) {
	case ast.Null:
		return append(out, "null"...), nil
	case ast.Boolean:
		return strconv.AppendBool(out, bool(v)), nil
	case ast.Number:
		return append(out, v...), nil
	case ast.String:
		if !utf8.ValidString(string(v)) {
			return nil, faultError("the value holds bytes that are no text")
		}
		text, err := json.Marshal(string(v))
		return append(out, text...), err
	case *ast.Array:
		return appendAll(append(out, '['), v.Len(), v.Foreach, ']')
	case ast.Set:
		if v.Len() == 0 {
			return append(out, "set()"...), nil
		}
		return appendAll(append(out, '{'), v.Len(), v.Foreach, '}')
	case ast.Object:
		out = append(out, '{')
		err := v.Iter(func(key, member *ast.Term) error {
			var err error
			if out, err = appendValue(out, key.Value); err != nil {
				return err
			}
			if out, err = appendValue(append(out, ':'), member.Value); err != nil {
				return err
			}
			out = append(out, ',')
			return nil
		})
		if v.Len() > 0 {
			out = out[:len(out)-1]
		}
		return append(out, '}'), err
	}
	return nil, faultError(fmt.Sprintf("the value holds a %s", ast.ValueName(value)))
}

func appendAll(out []byte, count int, each func(func(*ast.Term)), end byte) ([]byte, error) {
	var failed error
	each(func(t *ast.Term) {
		if failed == nil {
			if out, failed = appendValue(out, t.Value); failed == nil {
				out = append(out, ',')
			}
		}
	})
	if failed != nil {
		return nil, failed
	}
	if count > 0 {
		out = out[:len(out)-1]
	}
	return append(out, end), nil
}
