package gateway.listing

# `phantom` is not in the catalogue: a policy cannot list what is not there.
# METADATA
# entrypoint: true
models := {"stories", "phantom"}
