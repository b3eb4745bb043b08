"""The one place that acts on evidence: the book of grants, what narrows it, and who is told.

A message's walk: `monitors` fold observations and ask for actions, `controller` makes an `Order` of each,
`enacting.enact` says what it changes, a `GrantBook` keeps it with its line in the audit log, and the outbox tells
the policy's recipients. Widening goes the same way, and needs a value of `widening`.
"""
