# METADATA
# title: The platform team's layer
# description: >-
#   An example of a team's own rules. They bind every chain that one of the team's members is part of, and can only narrow what the platform
#   grants. The team owns this folder; policies/teams/data.yaml puts it in force.
package layers.teams["platform-team"]

# METADATA
# title: Grant
# description: All that the platform grants, but for the legacy completions, which nobody in the team has a use for.
grant if input.request.operation in {"chat", "responses", "embeddings", "count-tokens", "models"}

# METADATA
# title: Legacy completions
# description: Tells the caller what to use in their place.
deny contains {
	"code": "platform-team.legacy-operation",
	"message": "The platform team does not use the legacy completions.",
	"remediation": "Use chat completions or responses.",
	"public": true,
} if {
	input.request.operation == "completions"
}

# METADATA
# title: Shorter answers
# description: The team's budget is planned for answers of this length. The smallest cap of all layers counts.
obligation contains {"type": "cap-tokens", "max": 16384} if input.request.operation in {"chat", "responses"}
