# METADATA
# title: Tests of the defaults
# description: >-
#   What policies/*/data.yaml says as it stands, told with the identities of the demo. Numbers are read from the data, so a changed cap breaks no
#   test; a role that is given another class of models does, and should.
package gateway.decision.defaults_test

import data.regate.lib.fixtures as f

ada := object.union(f.principal("person", "demo:ada", ["engineer"]), {"groups": ["platform-team"]})

carl := f.principal("person", "demo:carl", ["contractor"])

bot := f.principal("service", "demo:build-bot", ["service"])

triage := f.principal("agent", "demo:triage-agent", ["agent"])

backends := {
	"demo-openai": {
		"protocol": "openai",
		"credential": "demo-openai",
		"models": {"gpt-5.1": "gpt-5.1", "gpt-5-mini": "gpt-5-mini", "text-embedding-3-small": "text-embedding-3-small"},
	},
	"demo-anthropic": {
		"protocol": "anthropic",
		"credential": "demo-anthropic",
		"models": {"claude-opus-4-5": "claude-opus-4-5", "claude-haiku-4-5": "claude-haiku-4-5"},
	},
}

loopback := {"context": {"location": {"ip": "127.0.0.1", "network": "loopback", "evidence": "peer"}}}

protocol(model) := "anthropic" if {
	startswith(model, "claude")
} else := "openai"

request(principals, model) := object.union_n([
	f.request(principals, model),
	loopback,
	{"request": {"protocol": protocol(model)}},
])

decide(asked) := answer if {
	answer := data.gateway.decision.answer with input as asked with data.regate.backends as backends
}

list(principals) := ids if {
	asked := object.union(f.listing(principals), loopback)
	ids := data.gateway.listing.models with input as asked with data.regate.backends as backends
}

small := {"gpt-5-mini", "claude-haiku-4-5"}

frontier := {"gpt-5.1", "claude-opus-4-5"}

test_ada_on_a_managed_device if {
	every model in frontier | small {
		decide(object.union(request([ada], model), f.managed)).allow
	}
}

test_ada_on_another_device if {
	every model in frontier {
		f.denied(decide(request([ada], model)), "device.unmanaged")
	}
	every model in small {
		decide(request([ada], model)).allow
	}
}

test_ada_at_night_and_on_sundays if {
	decide(object.union(request([ada], "gpt-5-mini"), {"context": {"time": {"weekday": "sunday", "hour": 3}}})).allow
}

test_carl_is_sent_to_the_small_model_of_his_dialect if {
	every model, smaller in {"gpt-5.1": "gpt-5-mini", "claude-opus-4-5": "claude-haiku-4-5"} {
		answer := decide(request([carl], model))
		answer.allow
		answer.route == {"model": smaller}
		f.codes(answer) == {"route.contractor-downgrade"}
		f.obligation(answer, "cap-tokens").max == data.roles.contractor.cap_tokens
	}
}

test_a_contractor_role_needs_a_person if {
	f.denied(decide(request([f.principal("service", "demo:other", ["contractor"])], "gpt-5-mini")), "identity.no-person")
}

test_the_build_bot_alone if {
	every model in small {
		decide(request([bot], model)).allow
	}
	every model in frontier {
		f.denied(decide(request([bot], model)), "model.not-granted")
	}
}

test_the_chain_may_what_all_of_it_may if {
	every model in small {
		answer := decide(object.union(request([ada, bot, triage], model), f.managed))
		answer.allow
		f.obligation(answer, "cap-tokens").max == 2048
	}
	every model in frontier {
		decide(object.union(request([ada, bot, triage], model), f.managed)).allow == false
	}
	decide(object.union(request([ada, bot], "text-embedding-3-small"), {"request": {"operation": "embeddings"}})).allow
}

test_an_agent_loses_what_reaches_out if {
	egress := {"parameters": {"provider_egress": [{"type": "web_search"}, {"type": "mcp", "host": "mcp.example.com"}]}}
	answer := decide(object.union(request([ada, triage], "gpt-5-mini"), egress))
	f.obligation(answer, "strip-tools").types == {"web_search", "mcp"}
	f.obligation(decide(object.union(request([ada], "gpt-5-mini"), egress)), "strip-tools").types == {"mcp"}
}

test_an_auditor_calls_no_model if {
	auditor := f.principal("person", "demo:olga", ["auditor"])
	f.denied(decide(request([auditor], "gpt-5-mini")), "model.not-granted")
	list([auditor]) == set()
}

test_the_help_desk_has_hours if {
	desk := f.principal("person", "demo:hugo", ["helpdesk"])
	decide(request([desk], "gpt-5-mini")).allow
	f.denied(decide(object.union(request([desk], "gpt-5-mini"), {"context": {"time": {"hour": 23}}})), "hours.closed")
}

test_a_place_that_nobody_named if {
	elsewhere := {"op": "replace", "path": "/context/location", "value": {"ip": "198.51.100.7", "evidence": "peer"}}
	f.denied(decide(json.patch(request([ada], "gpt-5-mini"), [elsewhere])), "location.not-allowed")
}

test_state_that_the_provider_holds if {
	f.denied(decide(object.union(request([ada], "gpt-5-mini"), {"parameters": {"other": ["previous_response_id"]}})), "parameter.not-allowed")
}

test_responses_are_not_kept if {
	answer := decide(object.union(request([ada], "gpt-5-mini"), {"request": {"operation": "responses"}}))
	f.obligation(answer, "pin-parameters").set == {"store": false}
}

test_listings if {
	small - list([carl]) == set()
	frontier & list([carl]) == set()
	list([bot]) == small | {"text-embedding-3-small"}
	list([ada]) == small | {"text-embedding-3-small"}
	list([ada, bot, triage]) == small
}
