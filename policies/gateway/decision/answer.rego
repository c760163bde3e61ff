# METADATA
# title: The decision on a request
# description: The entry point that the gateway asks for every attempt of every request.
package gateway.decision

# METADATA
# title: Answer
# description: The answer of the contract, version 1. The layers say what it is; see policies/layers/.
# entrypoint: true
# custom:
#   regate:
#     contract: 1
answer := data.regate.lib.decision
