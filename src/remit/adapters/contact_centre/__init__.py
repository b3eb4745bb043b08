"""Contact centres elsewhere: each carries the envelope of a handoff as its own interface wants it.

What is documented of those interfaces, and since when, stands in docs/reference/contact-centre.md.
"""

from remit.adapters.contact_centre.chatwoot import Chatwoot
from remit.adapters.contact_centre.intercom import Intercom
from remit.adapters.contact_centre.webhook import HandoffWebhook
from remit.adapters.contact_centre.zendesk import Zendesk

__all__ = ["Chatwoot", "HandoffWebhook", "Intercom", "Zendesk"]
