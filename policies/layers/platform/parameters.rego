package layers.platform

import future.keywords.not

# METADATA
# title: Parameter not allowed
# description: A field that the gateway does not know to be harmless and that data/parameters does not allow.
deny contains {
	"code": "parameter.not-allowed",
	"rule": "layers/platform/parameters",
	"message": "The request has a field that may reach state of others at the provider, or change where or how it is processed.",
	"remediation": "Leave it out, or ask the owner of policies/parameters/data.yaml.",
	"public": true,
} if {
	some name in input.parameters.other
	not data.parameters.other[name] == "allow"
}

# METADATA
# title: Service tier not allowed
# description: Tiers differ in price, and in who may see the data.
deny contains {
	"code": "parameter.service-tier",
	"rule": "layers/platform/parameters",
	"message": "The service tier is not one that may be asked for.",
	"remediation": "Leave service_tier out.",
	"public": true,
} if {
	tier := input.parameters.service_tier
	not data.parameters.service_tiers[tier] == "allow"
}
