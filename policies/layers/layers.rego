# METADATA
# title: Layers
# description: >-
#   Who may do what. `platform` binds everyone and must grant; `teams` and `applications` bind those who are named in data/teams and
#   data/applications, and can only narrow. This file gives all of them the schemas that OPA's checker holds them to.
# scope: subpackages
# schemas:
#   - input: schema.input
#   - data.regate.backends: schema.backends
#   - data.roles: schema.roles
#   - data.models: schema.models
#   - data.places: schema.places
#   - data.hours: schema.hours
#   - data.scopes: schema.scopes
#   - data.tools: schema.tools
#   - data.parameters: schema.parameters
#   - data.retention: schema.retention
#   - data.teams: schema.teams
#   - data.applications: schema.applications
package layers
