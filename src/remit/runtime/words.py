"""What the customer is told when people take over."""

HANDOFF_TEXT = "I am passing you on to a colleague, who can see what we have written so far."
