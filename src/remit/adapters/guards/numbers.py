"""Card numbers and IBANs in a text, told from order numbers by their check digits."""

import re

_DIGIT = re.compile(r"\d")
_SEPARATED_DIGITS = re.compile(r"(?<![\w-])\d(?:[ -]?\d){11,18}(?![\w-])")
_IBAN = re.compile(r"(?<!\w)[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}(?!\w)")
# Issuer prefixes with the lengths that they use (ISO/IEC 7812; the issuers' public ranges).
_ISSUERS: tuple[tuple[re.Pattern[str], frozenset[int]], ...] = (
    (re.compile(r"4"), frozenset({13, 16, 19})),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), frozenset({16})),
    (re.compile(r"3[47]"), frozenset({15})),
    (re.compile(r"6011|64[4-9]|65"), frozenset({16, 19})),
    (re.compile(r"35"), frozenset({16})),
    (re.compile(r"1800|2131"), frozenset({15})),
    (re.compile(r"5018|5020|5038|5893|6304|6759|676[1-3]"), frozenset(range(12, 20))),
    (re.compile(r"30[0-5]|36|38"), frozenset({14})),
    (re.compile(r"62"), frozenset({16, 17, 18, 19})),
)
# Length of an IBAN by country (SWIFT IBAN registry), for the countries that issue most of them.
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23,
    "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15,
    "PL": 28, "PT": 25, "RO": 24, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29,
}  # fmt: skip


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def has_digit(text: str) -> bool:
    """Whether there is any digit: without one there is neither of these numbers."""
    return _DIGIT.search(text) is not None


def has_card_number(text: str) -> bool:
    """Whether a whole payment card number stands in the text: issuer, length and check digit all fit."""
    for found in _SEPARATED_DIGITS.finditer(text):
        digits = re.sub(r"[ -]", "", found.group())
        issued = any(prefix.match(digits) and len(digits) in lengths for prefix, lengths in _ISSUERS)
        if issued and passes_luhn(digits):
            return True
    return False


def has_iban(text: str) -> bool:
    """Whether a whole IBAN stands in the text: country, length and check digits all fit."""
    for found in _IBAN.finditer(text):
        compact = found.group().replace(" ", "").upper()
        length = _IBAN_LENGTHS.get(compact[:2])
        # A word may follow the number without a stop: only the country's length counts.
        if length is not None and len(compact) >= length and _iban_checks(compact[:length]):
            return True
    return False


def _iban_checks(iban: str) -> bool:
    """ISO 7064 MOD 97-10 over the rearranged number, letters as 10 to 35."""
    rearranged = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in rearranged)) % 97 == 1
