"""Deterministic flows in YAML: slots, tool calls, branches, answers from templates and from a knowledge folder.

Order of a step: `memory` is read, `hearing` says what the customer's message is, `agent` picks the flow,
`machine` runs its instructions up to the next proposal, `memory` goes back with the reply.
"""
