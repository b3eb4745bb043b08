from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.intents.segments import segments_of


def test_a_message_is_cut_where_a_second_request_may_begin() -> None:
    assert segments_of("cancel my order and where is my refund?") == ["cancel my order", "where is my refund"]
    assert segments_of("Where is my parcel? Also, I moved house") == ["Where is my parcel", "I moved house"]


def test_a_message_in_one_piece_has_no_segments() -> None:
    assert segments_of("where is my order, please") == []


@given(st.text())
def test_there_is_never_exactly_one_segment(text: str) -> None:
    assert len(segments_of(text)) != 1
