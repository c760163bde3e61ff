package main

import (
	"fmt"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"
)

const contextLines = 3

type diffLine struct {
	op   byte
	text string
}

// unifiedDiff compares two texts line by line, in the form that patch takes.
func unifiedDiff(name, before, after string) string {
	lines := diffLines(before, after)
	var text strings.Builder
	fmt.Fprintf(&text, "--- %s\n+++ %s\n", name, name)
	oldLine, newLine := 1, 1
	for i := 0; i < len(lines); {
		end := hunkEnd(lines, i)
		if end == i {
			oldLine, newLine = oldLine+1, newLine+1
			i++
			continue
		}
		writeHunk(&text, lines[i:end], &oldLine, &newLine)
		i = end
	}
	return text.String()
}

// hunkEnd is where the hunk that starts at i ends; i itself where none does. A hunk starts and ends with the context of its changes.
func hunkEnd(lines []diffLine, i int) int {
	end := i
	for j := i; j < len(lines) && j <= max(end+contextLines, i+contextLines); j++ {
		if lines[j].op != ' ' {
			end = j + 1
		}
	}
	if end == i {
		return i
	}
	return min(end+contextLines, len(lines))
}

func writeHunk(text *strings.Builder, lines []diffLine, oldLine, newLine *int) {
	oldCount, newCount := 0, 0
	for _, line := range lines {
		if line.op != '+' {
			oldCount++
		}
		if line.op != '-' {
			newCount++
		}
	}
	fmt.Fprintf(text, "@@ -%d,%d +%d,%d @@\n", *oldLine, oldCount, *newLine, newCount)
	for _, line := range lines {
		fmt.Fprintf(text, "%c%s\n", line.op, line.text)
	}
	*oldLine += oldCount
	*newLine += newCount
}

func diffLines(before, after string) []diffLine {
	differ := diffmatchpatch.New()
	a, b, texts := differ.DiffLinesToRunes(before, after)
	var lines []diffLine
	for _, part := range differ.DiffCharsToLines(differ.DiffMainRunes(a, b, false), texts) {
		op := map[diffmatchpatch.Operation]byte{diffmatchpatch.DiffEqual: ' ', diffmatchpatch.DiffDelete: '-', diffmatchpatch.DiffInsert: '+'}[part.Type]
		for _, line := range strings.Split(strings.TrimSuffix(part.Text, "\n"), "\n") {
			lines = append(lines, diffLine{op, line})
		}
	}
	return lines
}
