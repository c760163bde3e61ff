# METADATA
# title: The platform team's layer
# description: >-
#   An example of a team's own rules. They bind every chain that one of the team's members is part of, and can only narrow what the platform
#   grants. The team owns this folder; policies/teams/data.yaml puts it in force.
package layers.teams["platform-team"]

import future.keywords.not

import data.regate.lib

# METADATA
# title: Grant
# description: The classes of models that the team has a budget for. Any other the platform may grant, and the team still does not.
grant if lib.class in {"frontier", "small", "embedding"}

# METADATA
# title: Grant of a listing
# description: The list of models names none, so there is no class to look at.
grant if {
	input.request.operation == "models"
	not input.model
}

# METADATA
# title: Too many tools
# description: Every tool's definition is paid for in each request, and beyond some dozens models choose badly among them.
deny contains {
	"code": "platform-team.too-many-tools",
	"message": $"The request offers {count(tools)} tools; the team's limit is 64.",
	"remediation": "Offer only the tools that this step can need.",
	"public": true,
} if {
	tools := input.parameters.tools
	count(tools) > 64
}

# METADATA
# title: Shorter answers
# description: The team's budget is planned for answers of this length. The smallest cap of all layers counts.
obligation contains {"type": "cap-tokens", "max": 16384} if input.request.operation in {"chat", "responses"}
