package layers.platform

import future.keywords.not

# METADATA
# title: No retention
# description: >-
#   Parameters that would make the provider keep the request are pinned to false, unless every principal has a role with `retention`. Only those
#   that the operation has, and only where they are set or on by default: elsewhere the request stays as it is.
obligation contains {"type": "pin-parameters", "set": {name: false}} if {
	some name, parameter in data.retention[input.request.protocol][input.request.operation]
	object.get(input, ["parameters", name], parameter.default) != false
	not retention_allowed
}

# METADATA
# title: Retention allowed
# description: Every principal has a role of its own that may have requests kept.
retention_allowed if {
	every principal in input.identity.principals {
		some role in principal.roles
		data.roles[role].retention == true
	}
}
