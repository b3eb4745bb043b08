"""What the customer is told when people take over."""

HANDOFF_TEXT = "I am passing you on to a colleague, who can see what we have written so far."
NOT_REACHED_TEXT = (
    "This needs a colleague, and I could not reach anyone just now. What we have written is kept; a colleague will "
    "read it and answer you, I cannot say how soon."
)
"""Where nobody knows whether people come: nothing is promised that may not happen."""
