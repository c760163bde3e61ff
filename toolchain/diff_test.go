package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestUnifiedDiff(t *testing.T) {
	lines := func(change map[int]string) string {
		var text strings.Builder
		for i := 1; i <= 20; i++ {
			if changed, ok := change[i]; ok {
				text.WriteString(changed)
				continue
			}
			fmt.Fprintf(&text, "line %d\n", i)
		}
		return text.String()
	}
	for name, one := range map[string]struct {
		after map[int]string
		want  string
	}{
		"nothing": {nil, ""},
		"two hunks": {
			map[int]string{2: "two\n", 15: ""},
			"@@ -1,5 +1,5 @@\n line 1\n-line 2\n+two\n line 3\n line 4\n line 5\n" +
				"@@ -12,7 +12,6 @@\n line 12\n line 13\n line 14\n-line 15\n line 16\n line 17\n line 18\n",
		},
		"changes near each other share a hunk": {
			map[int]string{5: "five\n", 8: "eight\n"},
			"@@ -2,10 +2,10 @@\n line 2\n line 3\n line 4\n-line 5\n+five\n line 6\n line 7\n-line 8\n+eight\n line 9\n line 10\n line 11\n",
		},
		"at both ends": {
			map[int]string{1: "", 20: "line 20\nline 21\n"},
			"@@ -1,4 +1,3 @@\n-line 1\n line 2\n line 3\n line 4\n@@ -18,3 +17,4 @@\n line 18\n line 19\n line 20\n+line 21\n",
		},
	} {
		want := "--- f\n+++ f\n" + one.want
		if got := unifiedDiff("f", lines(nil), lines(one.after)); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}
