package system.log

# METADATA
# entrypoint: true
mask contains "/input/context/location/ip"

mask contains {"op": "upsert", "path": "/input/identity/originator/claims/department", "value": "hidden"} if {
	input.input.identity.originator.claims.department
}

mask contains "not a pointer" if input.input.model.requested == "case-mask-fails"
