"""What customers of the store say when they open a conversation, by intent. Written for this example."""

from typing import Final

# {order} is an order number, {item} a product's name, {email} an address, {code} a voucher.
OPENINGS: Final[dict[str, tuple[str, ...]]] = {
    "order_status": (
        "could you tell me where {order} has got to",
        "I've been expecting my {item} since yesterday, is it still coming",
        "the confirmation for {order} said this week. is that still true?",
        "no tracking mail yet for the {item} I bought",
        "has {order} gone out",
        "when should I be at home for the delivery of {order}",
        "any idea how long the {item} will take to reach me",
        "it says processing for days now, number {order}",
        "I need the {item} by the weekend, will it make it?",
        "what's up with {order}",
        "just wondering about the delivery date of my {item}",
        "your site shows nothing for {order}, please look it up",
        "my parcel with the {item}, which day does it come?",
        "status of {order} pls",
    ),
    "return_item": (
        "the {item} is not what I imagined, I'd like to send it back",
        "how do I get a label to send back the {item} from {order}",
        "wrong size. need to return the {item}",
        "I want to give back the {item}, it is still in its box",
        "please arrange for the {item} to be picked up or sent back, order {order}",
        "changed my mind about {order}, can it go back",
        "the colour of the {item} clashes with everything, returning it",
        "my wife bought the same {item}, so I'd return mine",
        "sending back part of {order}: the {item}",
        "I don't like the {item}. what now?",
    ),
    "refund": (
        "the {item} was cracked when I unpacked it. I want the money for it",
        "one leg of the {item} is broken off, {order}, please pay me back",
        "half of {order} was missing in the box, I expect money back for it",
        "you charged me for {order} but the {item} is unusable",
        "I'm owed a refund for {order}",
        "the {item} came with a big scratch. can I get something back?",
        "still waiting for my money for the returned {item}",
        "the {item} stopped working after two days, I'd rather have the money",
        "please refund the {item}, the glass was in pieces",
        "refund for {order}?? it has been long enough",
        "what do I get back for a damaged {item}",
    ),
    "delivery_problem": (
        "the tracking says delivered but there is no {item} anywhere",
        "the driver left {order} in the rain and the box is soaked",
        "nobody rang, now there's a card saying the parcel is somewhere in town",
        "{order} hasn't moved since last week according to the carrier",
        "my neighbour knows nothing of a parcel, yet it is marked as handed over",
        "the parcel for {order} has been stuck in the hub for days",
        "you sent somebody else's things to me instead of the {item}",
        "only one of two boxes came for {order}",
    ),
    "cancel_order": (
        "please stop {order}, I ordered it twice by mistake",
        "I no longer need the {item}, cancel it please",
        "can you call off {order} before it goes out",
        "found the {item} cheaper elsewhere, so I'd like to cancel",
        "cancel {order}",
        "my partner already bought a {item}, please cancel mine",
    ),
    "change_address": (
        "we are moving on Friday, can {order} go to the new place",
        "I typed the wrong house number for {order}",
        "please deliver the {item} to my office instead",
        "{order} should go to my mother's address",
        "different delivery address for {order} please",
    ),
    "send_invoice": (
        "I need an invoice for {order} for my tax office",
        "could you mail the bill for the {item} to {email}",
        "no invoice in the box for {order}",
        "our accounting asks for the invoice of {order}",
    ),
    "apply_voucher": (
        "I forgot to type in {code} when I ordered {order}",
        "the code {code} was not accepted at checkout",
        "can you still take {code} off {order}",
        "newsletter code {code} does nothing??",
    ),
    "check_stock": (
        "do you have the {item} in the store right now",
        "when will the {item} be available again",
        "the {item} is greyed out on the site, is it gone for good",
        "how many {item} could I buy at once",
    ),
    "update_email": (
        "my mail address changed, please use {email} from now on",
        "I can't get into my old mailbox, switch my account to {email}",
        "there is a typo in my e-mail, it should be {email}",
    ),
}

# Contacts that need no look at an order: what is asked, and what people answer.
ANSWERED: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "return_status": (
        ("I posted the {item} back to you last week, has it turned up", "It has; the money follows within five days."),
        ("did my return for {order} reach your warehouse", "Yes, it was checked in this morning."),
        ("where's the return of the {item} at", "It is still with the carrier, I see it on the way to us."),
        ("nothing heard since I sent back {order}", "Sorry for the silence: it arrived and is being checked."),
        ("the courier collected my return on Monday, do you have it?", "Not yet, parcels take up to five days back."),
        ("is the {item} I returned already checked in", "Yes, and your refund is on its way."),
    ),
    "product_advice": (
        ("which of your pots survives frost", "The terracotta ones, if they stand on feet and not in water."),
        ("is the {item} fine for a balcony facing north", "It is; it needs neither sun nor much room."),
        ("I'm looking for a present for a gardener, around 40 euros", "The forged secateurs are loved by everybody."),
        ("does the {item} need to be oiled every year", "Only things made of acacia do, once in spring."),
        ("what would you put on a small terrace to sit two people", "The folding bistro chairs with the small table."),
    ),
    "delivery_terms": (
        ("what do you charge for shipping", "4.90 euros, and nothing from 50 euros."),
        ("do you deliver on Saturdays", "The carrier does in towns, without a choice of hour."),
        ("how long does delivery normally take", "Three working days from shipping on average."),
        ("do you bring the heavy things up to the second floor", "To the front door only, I am afraid."),
    ),
    "return_terms": (
        ("how many days do I have to send something back", "30 days from the delivery."),
        ("who pays for the postage of a return", "We do, with the label that we send you."),
        ("can plants be returned at all", "Live plants cannot; if one arrives in a bad state, send a picture."),
        ("do I need the original carton for a return", "No, any box that protects it will do."),
    ),
    "complaint": (
        ("third time I write and not one person has replied", "I am sorry. The team lead will call you today."),
        ("your driver threw the box over the fence. seriously?", "I am sorry; I report it to the carrier now."),
        ("I was a loyal customer for years and this is how you treat me", "I am sorry. May our lead call you?"),
        ("the way I was spoken to on the phone was shameful", "That must not happen. I pass it on to the lead."),
        ("so much plastic around one single {item}, you should be embarrassed", "You are right, I pass it on."),
        ("I want this reported to somebody in charge", "I have written it down and the team lead will answer."),
    ),
    "out_of_scope": (
        ("are you hiring for the summer", "Not at this address; openings are on our site."),
        ("can you design my whole garden for me", "We do not offer that, I am afraid."),
        ("do you sell lawn mowers with petrol engines", "No, we never had machines."),
        ("I'd like to speak to your press department", "I give your number to my colleagues there."),
        ("my hedge has brown spots, what is it", "I cannot judge that from here; a nursery can."),
        ("would you sponsor our village fair", "Please write to the office about that."),
        ("can I rent the garden bench for a wedding", "We only sell, I am sorry."),
        ("is this number the dentist?", "No, this is a garden store."),
        ("how do I get rid of moles", "That is beyond what we can advise on."),
        ("we are a supplier of ceramic tiles and would love to work with you", "Please write to purchasing."),
        ("please delete all the data you have about me", "I pass this to our data protection officer."),
        ("do you accept old furniture for recycling", "Not yet, I am afraid."),
    ),
}

GREETINGS: Final = ("", "", "", "Hi, ", "Hello, ", "Good morning, ", "hey ", "Good evening. ")
ENDINGS: Final = ("", "", "", "", " Thanks", " thank you!", " Please help.", " Regards", " asap please", "??", " !!")
SECOND_REQUESTS: Final[dict[str, str]] = {
    "send_invoice": "And could you send me the invoice as well?",
    "delivery_terms": "By the way, what does delivery cost to a neighbour country?",
    "change_address": "Also my address has changed since then.",
    "check_stock": "And is the rest of that series in stock?",
}
COMING_BACK: Final = (
    "I wrote to you a few days ago and it is still not settled. ",
    "Me again. ",
    "Following up on my last message: ",
    "I was told this would be sorted by now: ",
)
"""Before the opening of somebody who has to ask a second time."""
PLEASED: Final = ("thanks!", "great, thank you", "ok perfect", "good to know", "that was quick")
DISPLEASED: Final = ("hm. ok", "that's a pity", "I see", "not happy about that")
QUESTION_WORDS: Final = ("can", "could", "did", "do", "does", "has", "how", "is", "what", "when", "which", "who")
