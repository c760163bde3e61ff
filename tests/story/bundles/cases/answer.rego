# One answer for each way in which a policy can answer. The name by which a request calls its model chooses the case: every one is an alias of the
# same model in the catalogue of tests/story/settings.ts.
package gateway.decision

# METADATA
# entrypoint: true
answer := {"allow": true} if input.request.operation == "models"

answer := cases[asked] if asked != "undefined"

answer := {"allow": false, "reasons": [{"code": "case.unknown"}]} if {
	input.request.operation != "models"
	asked != "undefined"
	not cases[asked]
}

answer := conflicting if asked == "conflict"

asked := substring(input.model.requested, 5, -1) if startswith(input.model.requested, "case-")

asked := "" if not startswith(input.model.requested, "case-")

# Two values at once: an error of the evaluation.
conflicting := {"allow": true} if input.version == 1

conflicting := {"allow": false} if input.attempt.number == 1

obliged(obligations) := {"allow": true, "obligations": obligations}

routed(route) := {"allow": true, "route": route}

cases["plain"] := {"allow": true}

cases["unknown-obligation"] := obliged([{"type": "redact", "kinds": ["email"], "where": "request"}])

cases["known-and-unknown-obligation"] := obliged([{"type": "cap-tokens", "max": 5}, {"type": "budget", "key": "team", "tokens": 5, "window": "1d"}])

cases["cap"] := obliged([{"type": "cap-tokens", "max": 7}])

cases["pin"] := obliged([{"type": "pin-parameters", "set": {"temperature": 0, "store": false}}])

cases["drop"] := obliged([{"type": "drop-parameters", "names": ["user", "seed"]}])

cases["strip-names"] := obliged([{"type": "strip-tools", "names": ["shell"]}])

cases["strip-types"] := obliged([{"type": "strip-tools", "types": ["web_search"]}])

cases["headers"] := obliged([{"type": "headers", "set": {"x-team": "blue"}}])

cases["forbidden-header"] := obliged([{"type": "headers", "set": {"authorization": "Bearer of-the-policy"}}])

cases["timeout"] := obliged([{"type": "timeout", "seconds": 1}])

cases["everything"] := obliged([
	{"type": "cap-tokens", "max": 9},
	{"type": "pin-parameters", "set": {"temperature": 0}},
	{"type": "drop-parameters", "names": ["user"]},
	{"type": "strip-tools", "names": ["shell"]},
	{"type": "headers", "set": {"x-team": "blue"}},
])

cases["malformed"] := {"allow": true, "allowed_by": "a key that no contract has"}

cases["text-allow"] := {"allow": "true"}

cases["deny-without-reason"] := {"allow": false}

cases["public"] := {
	"allow": false,
	"message": "Ask the duty officer.",
	"reasons": [{"code": "case.told", "public": true}, {"code": "case.kept", "message": "Known to auditors only."}],
}

cases["unknown-backend"] := routed({"backend": "nowhere"})

cases["unknown-model"] := routed({"model": "nothing"})

cases["other-credential"] := routed({"backend": "primary", "credential": "second"})

cases["other-dialect"] := routed({"backend": "claude"})

cases["unreachable"] := routed({"backend": "closed"})

cases["unarmed"] := routed({"backend": "unarmed"})

cases["mask-fails"] := {"allow": true}

cases["fallback"] := {"allow": true, "fallbacks": [{"backend": "second"}]} if not input.attempt.candidate

cases["fallback"] := {"allow": true, "route": input.attempt.candidate} if input.attempt.candidate

cases["fallback-twice"] := {"allow": true, "fallbacks": [{"backend": "closed"}, {"backend": "second"}]} if not input.attempt.candidate

cases["fallback-twice"] := {"allow": true, "route": input.attempt.candidate} if input.attempt.candidate

cases["fallback-denied"] := {"allow": true, "fallbacks": [{"backend": "second"}]} if not input.attempt.candidate

cases["fallback-denied"] := {"allow": false, "reasons": [{"code": "case.not-there", "public": true}]} if input.attempt.candidate

cases["fallback-elsewhere"] := {"allow": true, "fallbacks": [{"backend": "second"}]} if not input.attempt.candidate

cases["fallback-elsewhere"] := {"allow": true, "route": {"backend": "primary", "model": "stories"}} if input.attempt.candidate

cases["capture"] := {"allow": true, "audit": {"class": "story", "capture": "content"}}

cases["capture-deny"] := {"allow": false, "reasons": [{"code": "case.kept"}], "audit": {"class": "story", "capture": "content"}}

cases["capture-fallback"] := {"allow": true, "fallbacks": [{"backend": "second"}], "audit": {"capture": "content"}} if not input.attempt.candidate

cases["capture-fallback"] := {"allow": true, "route": input.attempt.candidate, "audit": {"capture": "content"}} if input.attempt.candidate
