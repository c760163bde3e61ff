package regate.lib

import future.keywords.not

# METADATA
# title: Obligations as the layers ask for them
# description: Of the platform and of every layer in force. A layer on trial asks for nothing.
asked := array.flatten([
	[obligation | some obligation in data.layers.platform.obligation],
	[obligation | some layer in teams; some obligation in data.layers.teams[layer].obligation],
	[obligation | some layer in applications; some obligation in data.layers.applications[layer].obligation],
])

# METADATA
# title: Obligations of the answer
# description: >-
#   Merged so that each is as strict as the strictest. What the library cannot merge, unknown or malformed, is passed on as it is: the gateway
#   refuses what it does not understand. Conflicts have been denied before this is read.
obligations := array.flatten([
	[{"type": "cap-tokens", "max": min(caps)} | count(caps) > 0],
	[{"type": "timeout", "seconds": min(timeouts)} | count(timeouts) > 0],
	[{"type": "strip-tools", "types": stripped_types} | count(stripped_types) > 0],
	[{"type": "strip-tools", "names": stripped_names} | count(stripped_names) > 0],
	[{"type": "drop-parameters", "names": dropped} | count(dropped) > 0],
	[{"type": "pin-parameters", "set": {name: value | some [name, value] in pinned}} | count(pinned) > 0],
	[{"type": "headers", "set": {name: value | some [name, value] in headers}} | count(headers) > 0],
	[obligation | some obligation in asked; not mergeable(obligation)],
])

# METADATA
# title: Mergeable
# description: An obligation of which this library reads every part. One that it would only half understand must reach the gateway whole.
mergeable(obligation) if {
	obligation.type == "cap-tokens"
	is_number(obligation.max)
	count(obligation) == 2
} else if {
	obligation.type == "pin-parameters"
	is_object(obligation.set)
	count(obligation) == 2
} else if {
	obligation.type == "strip-tools"
	is_array(obligation.types)
	count(obligation) == 2
} else if {
	obligation.type == "strip-tools"
	is_array(obligation.names)
	count(obligation) == 2
} else if {
	obligation.type == "drop-parameters"
	is_array(obligation.names)
	count(obligation) == 2
} else if {
	obligation.type == "timeout"
	is_number(obligation.seconds)
	count(obligation) == 2
} else if {
	obligation.type == "headers"
	is_object(obligation.set)
	count(obligation) == 2
}

# METADATA
# title: Types asked for
# description: A type that is absent costs nothing below.
types contains obligation.type if some obligation in asked

# METADATA
# title: Caps
# description: Values of cap-tokens.
caps := [obligation.max | types["cap-tokens"]; some obligation in asked; obligation.type == "cap-tokens"]

# METADATA
# title: Timeouts
# description: Values of timeout.
timeouts := [obligation.seconds | types.timeout; some obligation in asked; obligation.type == "timeout"]

# METADATA
# title: Stripped types
# description: Types of strip-tools.
stripped_types contains name if {
	types["strip-tools"]
	some obligation in asked
	obligation.type == "strip-tools"
	some name in obligation.types
}

# METADATA
# title: Stripped names
# description: Names of strip-tools.
stripped_names contains name if {
	types["strip-tools"]
	some obligation in asked
	obligation.type == "strip-tools"
	some name in obligation.names
}

# METADATA
# title: Dropped
# description: Names of drop-parameters.
dropped contains name if {
	types["drop-parameters"]
	some obligation in asked
	obligation.type == "drop-parameters"
	some name in obligation.names
}

# METADATA
# title: Pinned
# description: Pairs of pin-parameters.
pinned := [[name, value] |
	types["pin-parameters"]
	some obligation in asked
	obligation.type == "pin-parameters"
	some name, value in obligation.set
]

# METADATA
# title: Headers
# description: Pairs of headers, whose names are the same in either case.
headers := [[lower(name), value] |
	types.headers
	some obligation in asked
	obligation.type == "headers"
	some name, value in obligation.set
]

# METADATA
# title: Conflicting demands
# description: Two values for one parameter or header, or a parameter that is both set and taken out.
conflicts contains $"parameter {name}" if {
	count(pinned) > 1
	some [name, value] in pinned
	some [again, other] in pinned
	again == name
	value != other
}

conflicts contains $"parameter {name}" if {
	count(dropped) > 0
	some [name, _] in pinned
	name in dropped
}

conflicts contains $"header {name}" if {
	count(headers) > 1
	some [name, value] in headers
	some [again, other] in headers
	again == name
	value != other
}
