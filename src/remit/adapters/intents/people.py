"""Does a message ask for a person? English only; a question about people, or a person in a story, is not it."""

import re

_REAL = r"(?:(?:real|live|actual|human|different|other|proper) )"
_PEOPLE = (
    r"(?:humans?|human being|assistants?|persons?|people|agents?|representatives?|reps?|operators?|someone|somebody|"
    r"colleagues?|employees?|advis[oe]rs?|managers?|supervisors?|staff|specialists?|customer (?:service|support)|"
    r"team)\b"
)
_ANY = rf"(?:an?|any|some|one of|your|the|real)?\s*(?:your )?(?:\w+ )?{_REAL}*{_PEOPLE}"
_SURE = (
    rf"(?:humans?|{_REAL}(?:humans?|person|people|agent|being)|(?:customer (?:service|support) )?representative|"
    r"operator|supervisor|manager)\b"
)
_TALK = rf"\b(?:talk|speak|chat)(?:ing)? (?:to|with) {_ANY}"
_CONTACT = rf"\bcontact(?:ing)? (?:an? )?(?:\w+ )?{_REAL}*(?:agent|assistant|someone|somebody|{_SURE})"
_HAND_ME = r"\b(?:connect|transfer|put|pass|hand|forward|redirect|escalate) (?:me|us|this|it)(?: over| on| through)*"
_CONNECT = rf"\b(?:connect|transfer|escalate) (?:to|with) (?:an? |the )?(?:agent\b|{_SURE})"
_WANT = r"\b(?:want|need|prefer|get me|give me|(?:would|i'd) like|let me have|is there) (?:an?|the|some|to get)"
_NOTHING_ELSE = (
    rf"^\W*(?:an? )?{_REAL}*(?:human|person|agent|operator|representative|customer service)"
    r"(?:,? (?:please|now))*\W*$"
)
_REQUEST = re.compile(
    "|".join((_TALK, _CONTACT, f"{_HAND_ME} (?:to|with) {_ANY}", _CONNECT, f"{_WANT} {_SURE}", _NOTHING_ELSE)),
    re.IGNORECASE,
)
_NOT_WANTED = re.compile(
    r"\b(?:(?:do not|don't|did not|didn't|never|not) (?:want|need|wish|like|have)(?: to)?|rather not|instead of|"
    r"without|already|am i|are we|do i (?:need|have) to|i (?:was|had|have (?:already )?(?:talked|spoken)|tried)|"
    r"when i|after i)\b[^.?!]*$",
    re.IGNORECASE,
)


def asks_for_person(text: str) -> bool:
    """Whether the customer wants to be passed to people."""
    plain = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return any(_NOT_WANTED.search(plain[: found.start()]) is None for found in _REQUEST.finditer(plain))
