package regate.lib

import future.keywords.not

# METADATA
# title: Proposed routes
# description: Where the layers in force want the request to go. Their `route` rules see the request as it was asked.
proposed := array.flatten([
	[route | some route in data.layers.platform.route],
	[route | some layer in teams; some route in data.layers.teams[layer].route],
	[route | some layer in applications; some route in data.layers.applications[layer].route],
])

# METADATA
# title: The model after routing
# description: The model that the layers choose, or else the one that was asked for. With several choices the request is denied anyway.
routed := min(choices) if {
	count(choices) > 0
} else := input.model.resolved

# METADATA
# title: Choices
# description: The models that are proposed.
choices := [route.model | some route in proposed]

# METADATA
# title: The model that would be sent
# description: >-
#   What every layer must judge: the candidate of a further attempt, or else the model after routing. `grant` and `deny` rules use this, never
#   input.model.resolved: nothing is authorised for one model and sent to another.
model := input.attempt.candidate.model if {
	input.attempt.candidate
} else := routed

# METADATA
# title: Class
# description: What kind of model would be sent. Undefined where the model is not listed, so that nothing grants it.
class := data.models[model].class

# METADATA
# title: Conflicting routes
# description: Demands that cannot be met together. Each is a denial, never a choice.
conflicts contains "route" if {
	count(proposed) > 1
	some route in proposed
	some other in proposed
	some part, value in route
	value != other[part]
}

conflicts contains "malformed route" if {
	some route in proposed
	not well_formed_route(route)
}

# METADATA
# title: Well-formed route
# description: An object of backend, model and credential, each of them text. Anything else must not be overlooked.
well_formed_route(route) if {
	is_object(route)
	every part, value in route {
		part in {"backend", "model", "credential"}
		is_string(value)
	}
}

# METADATA
# title: The route of the answer
# description: The candidate as proposed, or what the layers choose. Undefined leaves the choice to the catalogue.
route := input.attempt.candidate if {
	input.attempt.candidate
} else := {part: value | some proposal in proposed; some part, value in proposal} if {
	count(proposed) > 0
}

# METADATA
# title: Fallbacks
# description: Proposals for further attempts. Each is asked again and needs its own allow.
fallbacks := data.models[routed].fallbacks if {
	data.models[routed].fallbacks
} else := []
