package layers.platform

import future.keywords.not

import data.regate.lib

# METADATA
# title: Fits
# description: >-
#   What would be sent is what the catalogue serves in the caller's dialect. For a first attempt as asked the gateway has seen to that; a model
#   that the policy puts in its place, and every candidate of a further attempt, must be looked up.
fits if {
	input.attempt.number == 1
	not input.attempt.candidate
	lib.model == input.model.resolved
}

fits if {
	input.attempt.number == 1
	not input.attempt.candidate
	some backend in data.regate.backends
	backend.protocol == input.request.protocol
	backend.models[lib.model]
}

fits if {
	candidate := input.attempt.candidate
	backend := data.regate.backends[candidate.backend]
	backend.protocol == input.request.protocol
	backend.credential == candidate.credential
	backend.models[candidate.model]
	foreseen(candidate)
	every proposal in lib.proposed {
		every part, value in object.remove(proposal, ["model"]) {
			candidate[part] == value
		}
	}
}

# METADATA
# title: Foreseen
# description: A candidate is the routed model on another backend, or one of its fallbacks. A request does not drift to a third model.
foreseen(candidate) if candidate.model == lib.routed

foreseen(candidate) if {
	some fallback in lib.fallbacks
	fallback.backend == candidate.backend
	fallback.model == candidate.model
}

# METADATA
# title: Route not permitted
# description: Why a route that is not in the catalogue, or a candidate that nobody foresaw, is not granted.
deny contains {
	"code": "route.not-permitted",
	"rule": "layers/platform/attempts",
	"message": "The policy does not permit the backend and model that this attempt would use.",
	"remediation": "Tell whoever owns the policy and the catalogue.",
} if {
	input.model
	not fits
}
