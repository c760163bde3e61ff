# METADATA
# title: The platform's layer
# description: >-
#   What holds for every request. Each rule set has its own file: models, places, scopes, attempts, parameters, tools, retention, tokens.
#   They grant what is known to be good; what they deny besides only tells the caller why.
package layers.platform

import future.keywords.not

# METADATA
# title: Grant
# description: A request for a model, from a permitted place, within the token's scopes, for whose model every principal has a role.
grant if {
	input.version == 1
	input.model
	placed
	scoped
	fits
	count(input.identity.principals) > 0
	count(permitted) == count(input.identity.principals)
}

# METADATA
# title: Grant of a listing
# description: The list of models names none. Every principal must have a role that could use one.
grant if {
	input.version == 1
	input.request.operation == "models"
	not input.model
	placed
	scoped
	count(input.identity.principals) > 0
	every principal in input.identity.principals {
		some role in principal.roles
		count(data.roles[role].models) > 0
	}
}
