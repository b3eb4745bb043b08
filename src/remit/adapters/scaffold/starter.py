"""The intents of an invented shop that a new contact centre begins with."""

from remit.adapters.scaffold.plan import DraftIntent

_ORDER_STATUS = (
    "where is my order",
    "Where is order A-1001?",
    "when will my parcel arrive",
    "Has my order been shipped yet?",
    "track my order please",
    "what is the status of my order",
    "order status",
    "I am still waiting for my delivery, where is it",
    "can you tell me when A-1002 gets here",
    "any news about my parcel?",
    "is my order on its way",
    "how long does my order still take",
    "I'd like to know where my package is",
    "tracking of order A-1003 please",
    "did you send my order already",
)
_CANCEL_ORDER = (
    "cancel my order",
    "Please cancel order A-1002.",
    "I want to cancel what I bought",
    "I changed my mind, cancel it please",
    "can I still cancel my order?",
    "stop my order, I don't need it any more",
    "cancel A-1001",
    "I ordered by mistake, please cancel",
    "how do I cancel an order",
    "cancellation of order A-1003 please",
    "I no longer want this order, cancel it",
    "could you cancel the order I placed this morning",
    "I'd like to cancel",
    "please don't send it, I want to cancel the order",
    "cancel everything I ordered yesterday",
)
_OPENING_HOURS = (
    "when are you open",
    "What are your opening hours?",
    "are you open on Saturday",
    "until what time are you open today",
    "opening hours please",
    "when does the shop close",
    "is the store open on Sundays?",
    "what time do you open tomorrow",
    "are you still open at 7 pm",
    "do you open on bank holidays",
    "business hours?",
    "how late can I come by the shop",
    "which hours is your shop open",
    "when can I visit your store",
    "shop hours on weekdays please",
    "at what hour can I come to the shop",
    "which days are you open",
    "what time do you close",
    "what are the opening times",
    "will you be open tomorrow",
)


def starter_intents() -> tuple[DraftIntent, ...]:
    """Three intents, known well enough that the starter's scenarios can judge them."""
    return (
        DraftIntent("order_status", "Where an order is and when it arrives", _ORDER_STATUS),
        DraftIntent("cancel_order", "Cancel an order that has not been sent", _CANCEL_ORDER),
        DraftIntent("opening_hours", "When the shop is open", _OPENING_HOURS),
    )
