# METADATA
# title: The listing of models
# description: The entry point that the gateway asks for `GET /models`, with the input of that request.
# schemas:
#   - input: schema.input
#   - data.models: schema.models
package gateway.listing

# METADATA
# title: Models
# description: The models that a request of this caller, at this moment, would be granted as it is asked, without being sent elsewhere.
# entrypoint: true
# custom:
#   regate:
#     contract: 1
models contains id if {
	input.request.operation == "models"
	some id, _ in data.models
	as_asked(id) with input.model as {"requested": id, "resolved": id, "candidates": [{"model": id}]}
}

# METADATA
# title: As asked
# description: A request for this model would be granted, for this model.
as_asked(id) if {
	data.regate.lib.routed == id
	data.regate.lib.decision.allow
}
