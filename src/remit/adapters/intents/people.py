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
_SPEAK = r"(?:talk|speak|chatt?)(?:ing)? (?:to|with)"
_TALK = rf"\b{_SPEAK} {_ANY}"
_SOMEBODY = rf"(?:someone|somebody|anyone|anybody|an? {_REAL}*(?:person|human))"
_TO_WHOM = rf"\b{_SOMEBODY} (?:that |who )?(?:i|we) (?:can|could) {_SPEAK}"
_NO_MACHINE = (
    rf"\b(?:not|don't) (?:want|wish|like) to (?:be )?{_SPEAK} (?:(?:an?|the|this|your) )?(?:\w+ )?"
    r"(?:chatbot|bot|robot|machine|computer|ai)s?\b"
)
_CONTACT = rf"\bcontact(?:ing)? (?:a person\b|(?:an? )?(?:\w+ )?{_REAL}*(?:agent|assistant|someone|somebody|{_SURE}))"
_HAND_ME = (
    r"\b(?:connect|transfer|put|pass|hand|forward|direct|redirect|escalate) (?:me|us|this|it)(?: over| on| through)*"
)
_CONNECT = rf"\b(?:connect|transfer|escalate) (?:to|with) (?:an? |the )?(?:agent\b|{_SURE})"
_WANT = (
    r"\b(?:want|need|prefer|get me|give me|(?:would|i'd) like|let me have|is there|(?:can|could|may) (?:i|we) "
    r"(?:get|have)|(?:rather|prefer to) (?:have|deal with)) (?:an?|the|some|to get)"
)
_NOTHING_ELSE = (
    rf"^\W*(?:an? )?{_REAL}*(?:human|person|agent|operator|representative|customer service)"
    r"(?:,? (?:please|now))*\W*$"
)
_REQUEST = re.compile(
    "|".join(
        (
            _TALK,
            _TO_WHOM,
            _NO_MACHINE,
            _CONTACT,
            f"{_HAND_ME} (?:to|with) {_ANY}",
            _CONNECT,
            f"{_WANT} {_SURE}",
            _NOTHING_ELSE,
        )
    ),
    re.IGNORECASE,
)
_NOT_WANTED = re.compile(
    r"\b(?:(?:do not|don't|did not|didn't|never|not) (?:want|need|wish|like|have)(?: to)?|rather not|instead of|"
    r"without|already|am i|are we|do i (?:need|have) to(?! do)|i (?:just )?(?:was|had|have (?:already )?"
    r"(?:talked|spoken)|tried)|when i|after i)\b[^.?!]*$",
    re.IGNORECASE,
)


def asks_for_person(text: str) -> bool:
    """Whether the customer wants to be passed to people."""
    plain = " ".join(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
    return any(_NOT_WANTED.search(plain[: found.start()]) is None for found in _REQUEST.finditer(plain))
