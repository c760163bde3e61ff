# METADATA
# title: Fixtures
# description: >-
#   Inputs and data for the tests. They are not the data of policies/*/data.yaml, so that changing a line there breaks a test of the
#   defaults (defaults_test.rego) and no test of a rule.
package regate.lib.fixtures

principal(kind, id, roles) := {
	"kind": kind,
	"id": id,
	"issuer": "test",
	"method": "jwt",
	"roles": roles,
	"groups": [],
	"claims": {},
}

person(roles) := principal("person", "test:person", roles)

service(roles) := principal("service", "test:service", roles)

agent(roles) := principal("agent", "test:agent", roles)

member(roles, group) := object.union(person(roles), {"groups": [group]})

token(scopes) := {"kind": "token", "id": "test-token", "issuer": "test", "method": "jwt", "scopes": scopes}

managed := {"context": {"device": {"id": "laptop", "managed": true, "evidence": "attested"}}}

# A chat request for a model by a chain of principals, from the office, on a Tuesday morning.
request(principals, model) := {
	"version": 1,
	"request": {
		"id": "0198a5a0-0000-7000-8000-000000000000",
		"time": "2026-03-03T09:00:00Z",
		"protocol": protocol(model),
		"operation": "chat",
		"method": "POST",
		"path": "/v1/chat/completions",
		"stream": false,
		"size_bytes": 512,
	},
	"identity": {
		"chain": array.concat(principals, [token([])]),
		"principals": principals,
		"originator": principals[0],
		"caller": principals[count(principals) - 1],
	},
	"context": {
		"location": {"ip": "10.0.0.7", "network": "office", "evidence": "peer"},
		"time": {"weekday": "tuesday", "hour": 9, "zone": "Etc/UTC"},
	},
	"model": {"requested": model, "resolved": model, "candidates": [{"model": model, "backend": "one"}]},
	"parameters": {"other": []},
	"attempt": {"number": 1, "previous": []},
}

listing(principals) := object.union(
	object.remove(request(principals, "large"), ["model", "parameters"]),
	{"request": {"operation": "models", "method": "GET", "path": "/v1/models", "size_bytes": 0}},
)

protocol(model) := "anthropic" if {
	startswith(model, "other")
} else := "openai"

from(location) := {"op": "replace", "path": "/context/location", "value": location}

# A further attempt.
attempt(candidate) := {"attempt": {
	"number": 2,
	"candidate": candidate,
	"previous": [{"backend": "one", "outcome": "upstream-unreachable"}],
}}

at(backend, model) := {"backend": backend, "model": model, "credential": $"{backend}-key"}

backends := {
	"one": {"protocol": "openai", "credential": "one-key", "models": {"large": "large", "little": "little", "vector": "vector"}},
	"two": {"protocol": "openai", "credential": "two-key", "models": {"large": "large", "little": "little"}},
	"three": {"protocol": "anthropic", "credential": "three-key", "models": {"other-large": "ol", "other-little": "ox"}},
}

documents := {
	"models": {
		"large": {"class": "frontier", "downgrade": "little", "fallbacks": [{"backend": "two"}, {"backend": "one", "model": "little"}]},
		"little": {"class": "small"},
		"vector": {"class": "embedding"},
		"other-large": {"class": "frontier", "downgrade": "other-little"},
		"other-little": {"class": "small"},
		"lost": {"class": "frontier", "downgrade": "nowhere"},
		"nowhere": {"class": "small"},
	},
	"roles": {
		"all": {"models": {"frontier": [], "small": [], "embedding": []}, "cap_tokens": 1000},
		"careful": {"models": {"frontier": ["managed-device"], "small": []}, "cap_tokens": 500},
		"daytime": {"models": {"small": ["day"]}},
		"human": {"models": {"small": ["person"]}},
		"confused": {"models": {"small": ["moonlight"]}},
		"broken": {"models": {"small": true}},
		"less": {"models": {"small": []}, "downgrade": {"frontier": "route.less"}, "cap_tokens": 100},
		"fewer": {"models": {"embedding": []}, "downgrade": {"frontier": "route.fewer"}},
		"reaching": {"models": {"small": []}, "egress": {"web_search": true, "mcp": true}},
		"keeping": {"models": {"small": []}, "retention": true},
		"watching": {"models": {}},
	},
	"places": {"networks": {"office": "allow", "guests": "deny"}, "countries": {"DE": "allow"}, "unknown": "deny"},
	"hours": {"day": {"tuesday": {"from": 8, "until": 18}}},
	"scopes": {"required": false, "operations": {"call": {"chat": true, "responses": true}, "list": {"models": true}, "embed": {"embeddings": true}}},
	"tools": {"mcp_hosts": {"mcp.example.com": true}},
	"parameters": {"other": {"speed": "allow"}, "service_tiers": {"default": "allow"}, "max_choices": 2},
	"retention": {"openai": {
		"chat": {"store": {"default": false}},
		"responses": {"store": {"default": true}, "background": {"default": false}},
	}},
	"teams": {},
	"applications": {},
}

# METADATA
# title: Decide
# description: The answer to a request, with the fixtures for data.
decide(asked) := decide_with(asked, {})

# METADATA
# title: Decide with
# description: The same, with other documents in place of some of the fixtures.
decide_with(asked, changes) := answer if {
	docs := object.union_n([documents, {name: null | some name, _ in changes}, changes])
	answer := data.gateway.decision.answer with input as asked
		with data.regate.backends as backends
		with data.models as docs.models
		with data.roles as docs.roles
		with data.places as docs.places
		with data.hours as docs.hours
		with data.scopes as docs.scopes
		with data.tools as docs.tools
		with data.parameters as docs.parameters
		with data.retention as docs.retention
		with data.teams as docs.teams
		with data.applications as docs.applications
}

# METADATA
# title: Decide in layers
# description: The answer to a request of a member of the team `red`, with these rules for that team and for the application `blue` of test:agent.
decide_layered(asked, teams, applications) := answer if {
	answer := decide_with(asked, {
		"teams": {"red": {"layer": "red", "mode": "enforce"}},
		"applications": {"test:agent": {"layer": "blue", "mode": "enforce"}},
	}) with data.layers.teams as teams
		with data.layers.applications as applications
}

# The answer of a chain that both layers bind.
both(red, blue) := decide_layered(
	request([member(["all"], "red"), agent(["all"])], "large"),
	{"red": object.union({"grant": true}, red)},
	{"blue": object.union({"grant": true}, blue)},
)

codes(answer) := {reason.code | some reason in answer.reasons}

denied(answer, code) if {
	answer.allow == false
	codes(answer) == {code}
}

# The obligation of a type, or undefined.
obligation(answer, type) := found if {
	some found in answer.obligations
	found.type == type
}

types(answer) := {given.type | some given in answer.obligations}
