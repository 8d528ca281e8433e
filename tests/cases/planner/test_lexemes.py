"""Cutting a question: pairs of signs, beginnings of words, nothing that the database would read as an operator."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.planner.lexemes import question


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("烧烤", "'烧烤'"),
        ("烧烤店", "'烧烤' & '烤店'"),
        ("店", "'店':*"),
        ("BBQ stall", "'bbq':* & 'stall':*"),
        ("18号", "'18' & '号':*"),
        ("２６０８２１-０１３１", "'2608210131':*"),
        ("1126-00 夜市", "'112600':* & '夜市'"),
        ("桃园路18-2号", "'桃园' & '园路' & '18' & '2' & '号':*"),
        ("油烟 油烟", "'油烟'"),
        ("'); --", ""),
    ],
)
def test_a_question(text: str, asked: str) -> None:
    assert question(text).tsquery == asked


@given(st.text(max_size=200))
def test_any_text_gives_a_question_without_operators_of_its_own(text: str) -> None:
    asked = question(text)
    bare = asked.tsquery.replace("':*", "").replace("'", "").replace(" & ", "")
    assert not set(bare) & set("&|!()<>:*\\' ")
    assert len(asked.terms) <= 12
