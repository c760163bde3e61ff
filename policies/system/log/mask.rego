# METADATA
# title: Masks of the decision record
# description: >-
#   What is erased before a record is written. The input is the record's event as in OPA's decision log, so the policy's own input is
#   input.input and its answer is input.result.
# schemas:
#   - input: schema["log-event"]
#   - data.mask: schema["mask-settings"]
package system.log

import future.keywords.not

# METADATA
# title: Mask
# description: >-
#   Erases the values of claims that data/mask does not list, wherever the input repeats them, and whatever else data/mask says. Ids, roles, groups,
#   models, and the names of tools stay: without them a record answers no question.
# entrypoint: true
mask contains pointer if some pointer in data.mask.erase

mask contains $"/input/identity/{place}/{index}/claims/{escaped(name)}" if {
	some index, principal in input.input.identity.principals
	some name, _ in principal.claims
	not data.mask.claims[name] == true
	some place in ["chain", "principals"]
}

mask contains $"/input/identity/originator/claims/{escaped(name)}" if {
	some name, _ in input.input.identity.originator.claims
	not data.mask.claims[name] == true
}

mask contains $"/input/identity/caller/claims/{escaped(name)}" if {
	some name, _ in input.input.identity.caller.claims
	not data.mask.claims[name] == true
}

# METADATA
# title: Escaped
# description: A name as a part of a JSON pointer (RFC 6901 section 3).
escaped(name) := replace(replace(name, "~", "~0"), "/", "~1")
