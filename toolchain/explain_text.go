package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

const longest = 160

// text is the explanation for people: a line for each definition of a rule, its place last so that it can be opened.
func (told *explanation) text() string {
	var out strings.Builder
	if len(told.Fired) > 0 {
		fmt.Fprintln(&out, "Rules that hold:")
	}
	for _, each := range told.Fired {
		fmt.Fprintf(&out, "  %s%s  (%s:%d)\n", name(each), times(each), each.Location.File, each.Location.Row)
		for i, value := range each.Values {
			if i == 5 {
				fmt.Fprintf(&out, "      and %d more\n", len(each.Values)-i)
				break
			}
			if value != true {
				fmt.Fprintf(&out, "      = %s\n", brief(value))
			}
		}
	}
	if len(told.NotFired) > 0 {
		fmt.Fprintln(&out, "Rules that do not, and the first condition that fails:")
	}
	for _, each := range told.NotFired {
		fmt.Fprintf(&out, "  %s%s  (%s:%d)\n", name(each), times(each), each.Location.File, each.Location.Row)
		if each.Stopped == nil {
			continue
		}
		fmt.Fprintf(&out, "      line %d: %s\n", each.Stopped.Location.Row, each.Stopped.Expression)
		for _, line := range each.Stopped.Because {
			fmt.Fprintf(&out, "        %s\n", line)
		}
	}
	return out.String()
}

func name(each *verdict) string {
	if each.Default {
		return each.Rule + ", by default"
	}
	return each.Rule
}

func times(each *verdict) string {
	switch {
	case each.Asked <= 1:
		return ""
	case each.Held == each.Asked || each.Held == 0:
		return fmt.Sprintf("  asked %d times", each.Asked)
	}
	return fmt.Sprintf("  asked %d times, held %d times", each.Asked, each.Held)
}

// brief writes a value as JSON, shortened.
func brief(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	if runes := []rune(string(text)); len(runes) > longest {
		return string(runes[:longest]) + " ..."
	}
	return string(text)
}

// oneLine gives the first line of an expression, and says that there are more.
func oneLine(text string) string {
	first, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	if more {
		return strings.TrimSpace(first) + " ..."
	}
	return first
}
