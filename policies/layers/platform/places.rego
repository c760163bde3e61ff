package layers.platform

import future.keywords.not

# METADATA
# title: Placed
# description: The request comes from a place that data/places allows, by the network's name or else by the country.
placed if data.places.networks[input.context.location.network] == "allow"

placed if {
	not refused_network
	data.places.countries[input.context.location.country] == "allow"
}

placed if {
	data.places.unknown == "allow"
	not refused_network
	not input.context.location.country
}

# METADATA
# title: Refused network
# description: A network that is denied whatever the country. Where the network is unknown the country decides.
refused_network if {
	network := input.context.location.network
	data.places.networks[network] == "deny"
}

# METADATA
# title: Place not allowed
# description: Why a request from elsewhere is not granted.
deny contains {
	"code": "location.not-allowed",
	"rule": "layers/platform/places",
	"message": "Requests from this place are not allowed, or it is not known where the request comes from.",
	"remediation": "Connect through a network of the organisation.",
	"public": true,
} if {
	not placed
}
