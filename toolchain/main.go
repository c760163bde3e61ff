// Command opa is the part of OPA that Regate's policy commands need, as one program: build, check, test, fmt, eval, inspect, capabilities.
//
// It is built for GOOS=wasip1 and run by Node, so that policy authors need neither Go nor opa. It reads and writes only the directories that its
// host opens for it, and has no network.
//
// Exit codes: 0 all is well; 1 the policies have findings (errors, failing tests, unformatted files, an undefined result); 2 the command was used
// wrongly, or its surroundings do not allow it to run.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

const (
	exitOK       = 0
	exitFindings = 1
	exitUsage    = 2
)

// A command reads its arguments and reports to out. An error that is a *problems is findings; any other is about use or surroundings.
type command func(args []string, out, errOut io.Writer) error

var commands = map[string]command{
	"build":        runBuild,
	"check":        runCheck,
	"test":         runTest,
	"fmt":          runFmt,
	"eval":         runEval,
	"inspect":      runInspect,
	"capabilities": runCapabilities,
}

func main() {
	// A policy's evaluation is short-lived: memory is cheaper than collecting it in a single-threaded WebAssembly machine.
	debug.SetGCPercent(400)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, out, errOut io.Writer) (code int) {
	defer func() {
		if broken := recover(); broken != nil {
			fmt.Fprintf(errOut, "the toolchain broke: %v\n%s", broken, debug.Stack())
			code = exitUsage
		}
	}()
	if len(args) == 0 {
		fmt.Fprintln(errOut, "which command? build, check, test, fmt, eval, inspect, capabilities")
		return exitUsage
	}
	do, ok := commands[args[0]]
	if !ok {
		fmt.Fprintf(errOut, "unknown command %q\n", args[0])
		return exitUsage
	}
	err := do(args[1:], out, errOut)
	var found *problems
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &found):
		if err := found.write(out, errOut); err != nil {
			fmt.Fprintln(errOut, err)
			return exitUsage
		}
		return exitFindings
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	default:
		fmt.Fprintln(errOut, err)
		return exitUsage
	}
}

// errFindings says that the findings are already reported.
var errFindings = errors.New("findings")

func newFlags(name string, errOut io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(errOut)
	return flags
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string { return fmt.Sprint(*l) }

func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}
