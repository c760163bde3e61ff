package layers.platform

import future.keywords.not

import data.regate.lib

# METADATA
# title: Key limits
# description: What the virtual key that was presented is limited to, where it is.
limits contains link.limits if {
	some link in input.identity.chain
	link.kind == "token"
	link.limits
}

# METADATA
# title: Model not of the key
# description: A key that names models may be used for those and no others, whatever the holder's roles grant.
deny contains {
	"code": "key.model-not-granted",
	"rule": "layers/platform/keys",
	"message": "The key may not be used for this model.",
	"remediation": "Use a model that the key names, or ask its owner for another key.",
	"public": true,
} if {
	some limit in limits
	limit.models
	input.model
	not lib.model in limit.models
}

# METADATA
# title: Key used elsewhere
# description: A key that names ranges of addresses may be used from there only. Where the address is not known it is not used.
deny contains {
	"code": "key.place-not-granted",
	"rule": "layers/platform/keys",
	"message": "The key may not be used from this address.",
	"remediation": "Use it from where it was made for, or ask its owner for another key.",
	"public": true,
} if {
	some limit in limits
	limit.cidrs
	not inside(limit.cidrs)
}

inside(cidrs) if {
	some cidr in cidrs
	net.cidr_contains(cidr, input.context.location.ip)
}
