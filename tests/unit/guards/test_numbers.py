from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.guards.numbers import has_card_number, has_iban, passes_luhn


def with_check_digit(digits: str) -> str:
    return next(digits + str(check) for check in range(10) if passes_luhn(digits + str(check)))


def iban(country: str, account: str) -> str:
    rest = account + country + "00"
    checks = 98 - int("".join(str(int(character, 36)) for character in rest)) % 97
    return f"{country}{checks:02d}{account}"


@given(st.from_regex(r"4[0-9]{14}", fullmatch=True), st.sampled_from(["", " ", "-"]))
def test_every_whole_card_number_is_found_in_any_grouping(digits: str, separator: str) -> None:
    number = with_check_digit(digits)
    grouped = separator.join(number[start : start + 4] for start in range(0, 16, 4))
    assert has_card_number(f"Your card is {grouped}, thank you.")


@given(st.from_regex(r"4[0-9]{14}", fullmatch=True), st.integers(0, 15), st.integers(1, 9))
def test_a_number_with_one_wrong_digit_is_no_card_number(digits: str, place: int, shift: int) -> None:
    number = with_check_digit(digits)
    changed = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert not has_card_number(changed)


def test_the_last_four_digits_are_no_card_number() -> None:
    assert not has_card_number("I refunded the card ending in 1111 (**** **** **** 1111).")


def test_order_and_tracking_numbers_are_no_card_numbers() -> None:
    assert not has_card_number("Order 10423, parcel 9400110898825022579493, reference A4111111111111111B.")


def test_no_issuer_uses_the_prefix_so_it_is_no_card_number() -> None:
    assert not has_card_number(with_check_digit("910000000000000"))


@given(st.from_regex(r"[0-9]{18}", fullmatch=True))
def test_every_whole_german_iban_is_found_with_and_without_spaces(account: str) -> None:
    number = iban("DE", account)
    spaced = " ".join(number[start : start + 4] for start in range(0, len(number), 4))
    assert has_iban(f"We paid to {number}.")
    assert has_iban(f"We paid to {spaced} today")


@given(st.from_regex(r"[0-9]{18}", fullmatch=True), st.integers(4, 21), st.integers(1, 9))
def test_an_iban_with_one_wrong_digit_is_none(account: str, place: int, shift: int) -> None:
    number = iban("DE", account)
    changed = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert not has_iban(changed)


def test_a_british_iban_with_letters_is_found() -> None:
    assert has_iban("GB82 WEST 1234 5698 7654 32")


def test_part_of_an_iban_is_no_iban() -> None:
    assert not has_iban("the account ending in 5698 7654 32")
