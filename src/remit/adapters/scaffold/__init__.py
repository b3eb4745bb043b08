"""What `remit init` writes: a contact centre of the user's own that runs at once.

Order: `plan` says what is to be written, `history` drafts intents, `render` fills the templates, `write` puts all
files there or none.
"""

from remit.adapters.scaffold.history import draft_intents
from remit.adapters.scaffold.plan import AgentType, DraftIntent, StartPlan, intent_named
from remit.adapters.scaffold.render import render_files
from remit.adapters.scaffold.starter import starter_intents
from remit.adapters.scaffold.write import expect_free, write_files

__all__ = [
    "AgentType",
    "DraftIntent",
    "StartPlan",
    "draft_intents",
    "expect_free",
    "intent_named",
    "render_files",
    "starter_intents",
    "write_files",
]
