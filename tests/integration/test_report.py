"""The report in its three forms: complete, accessible, self-contained, and deaf to hostile customers."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.outline import Outline
from integration.report_sample import HOSTILE, sample_report, sample_run
from remit.adapters.formats.junit import render_junit
from remit.adapters.formats.report import SCHEMA, Report, render_html, render_json, render_markdown
from remit.adapters.formats.report.as_markdown import escaped, fenced
from remit.adapters.formats.report.scores import not_rounded_to_certainty
from remit.conversations import ReleaseId
from remit.evidence import Outcome

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "report-json.md"


@pytest.fixture(scope="module")
def page() -> str:
    return render_html(sample_report())


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    parsed = Outline()
    parsed.feed(page)
    parsed.close()
    return parsed


# ── HTML ──────────────────────────────────────────────────────────────────────────────────────────
def test_every_element_is_closed_and_there_is_one_h1(outline: Outline) -> None:
    assert outline.open == []
    assert len(outline.named("h1")) == 1
    assert outline.named("html") == [{"lang": "en"}]


def test_ids_are_unique_and_references_resolve(outline: Outline) -> None:
    ids = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    wanted = [attributes["aria-labelledby"] for _, attributes in outline.elements if "aria-labelledby" in attributes]

    assert len(ids) == len(set(ids))
    assert set(wanted) <= set(ids)


def test_tables_have_captions_and_header_scopes(outline: Outline) -> None:
    assert len(outline.named("table")) >= 6
    after_each_table = [outline.elements[i + 1][0] for i, (tag, _) in enumerate(outline.elements) if tag == "table"]
    assert set(after_each_table) == {"caption"}
    assert all(attributes.get("scope") in {"col", "row", "rowgroup"} for attributes in outline.named("th"))


def test_the_page_has_no_script_and_asks_for_nothing_outside(outline: Outline) -> None:
    names = {name for name, _ in outline.elements}
    assert not names & {"script", "img", "link", "iframe", "object", "form", "base"}
    for _, attributes in outline.elements:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on") or name in {"src", "href"}]


def test_its_content_security_policy_allows_exactly_its_own_style(page: str, outline: Outline) -> None:
    style = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    policy = next(one["content"] for one in outline.named("meta") if one.get("http-equiv"))

    assert len(style) == 1
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "url(" not in style[0]
    assert "@import" not in style[0]


def test_what_a_hostile_customer_says_is_shown_and_never_run(page: str, outline: Outline) -> None:
    assert "<script>alert('x')</script>" in "".join(outline.text)
    assert "{{ 7*7 }}" in "".join(outline.text)
    assert "\u202e" not in page
    assert "\x00" not in page


def test_findings_show_in_words_and_symbols_not_in_colour_alone(outline: Outline) -> None:
    text = "".join(outline.text)

    for symbol, word in (("✓", "supported"), ("✕", "refuted"), ("?", "undecided")):
        assert re.search(rf"{re.escape(symbol)}\s*{word}", text)


def test_the_page_says_that_customers_were_simulated_only_if_they_were(page: str) -> None:
    report = sample_report()
    real = replace(report, runs=tuple(replace(run, simulated=False) for run in report.runs))

    assert "Simulated customers" in page
    assert "Simulated customers" not in render_html(real)


def test_planned_run_excluded_and_evaluated_are_reported(outline: Outline) -> None:
    text = re.sub(r"\s+", " ", " ".join(outline.text))

    assert "journeys 449 446 3 not run 2 444 416 28 0 0 2" in text


def test_baselines_stand_beside_the_score_and_beside_an_intent(outline: Outline) -> None:
    text = re.sub(r"\s+", " ", " ".join(outline.text))

    assert "do nothing baseline 0.08 9 / 112 scenarios" in text
    assert "for supervised answers do nothing: 3 / 15 always hand off: 5 / 15" in text


def test_an_intent_is_shown_up_to_the_first_level_that_it_has_not_earned(outline: Outline) -> None:
    text = re.sub(r"\s+", " ", " ".join(outline.text))
    table = text[text.index("Each intent up to the first level") : text.index("gates of every level")]

    assert table.count("pass^4 of journeys >= 0.90") == 5
    assert table.count("pass^4 of journeys >= 0.95") == 1
    assert "All 10 gates of every level" in text
    assert "1 ✓ of 5 intents supported for their first level order_status" in text


def test_transcripts_carry_the_decision_beside_each_reply_and_the_difference(outline: Outline) -> None:
    text = re.sub(r"\s+", " ", " ".join(outline.text))

    assert "run tool , confidence 0.97: issue_refund(order=O-7, amount=79.8)" in text
    assert "hand off: customer request" in text
    assert "- /refunds/R-1/amount: 39.90 + /refunds/R-1/amount: 79.80" in text


def test_a_report_without_trials_or_verdicts_still_renders() -> None:
    run = replace(sample_run(), trials=(), baselines=())
    empty = Report(runs=(run,), verdicts=(), made_at=run.started_at)

    assert "No gate of the policy can be measured" in render_html(empty)
    assert "No gate of the policy can be measured" in render_markdown(empty)
    assert json.loads(render_json(empty))["verdicts"] == []


def test_one_report_is_about_one_release() -> None:
    run = sample_run()
    with pytest.raises(ValueError, match="one release"):
        Report(runs=(run, replace(run, release=ReleaseId("r4"))), verdicts=(), made_at=run.started_at)


# ── JSON ──────────────────────────────────────────────────────────────────────────────────────────
def test_the_json_form_carries_its_schema_and_every_trial() -> None:
    document = json.loads(render_json(sample_report()))

    assert document["schema"] == SCHEMA
    assert len(document["runs"][0]["trials"]) == 446
    assert document["runs"][0]["failures_by_cause"]["infrastructure"] == 2
    assert document["grants"]["order_status"] == "supervised_answers"


def keys_of(value: object) -> set[str]:
    if isinstance(value, dict):
        free = {"grants", "failures_by_cause", "baselines", "details", "before", "after"}
        return set(value) | {key for name, inner in value.items() if name not in free for key in keys_of(inner)}
    if isinstance(value, list):
        return {key for inner in value for key in keys_of(inner)}
    return set()


def test_every_key_of_the_json_form_is_documented() -> None:
    documented = set(re.findall(r"`([a-z0-9_]+)`", REFERENCE.read_text(encoding="utf-8")))

    assert keys_of(json.loads(render_json(sample_report()))) - documented == set()
    assert SCHEMA in REFERENCE.read_text(encoding="utf-8")


def test_half_a_character_can_be_written_in_every_form() -> None:
    report = replace(sample_report(), policy_name="shop \ud83d")

    for render in (render_html, render_markdown, render_json):
        assert render(report).encode("utf-8")


# ── Markdown ──────────────────────────────────────────────────────────────────────────────────────
def test_the_markdown_form_has_the_verdicts_and_fences_the_transcripts() -> None:
    text = render_markdown(sample_report())

    assert "| order\\_status | supervised\\_answers | pass^4 of journeys &gt;= 0.90" in text
    assert "✕ refuted" in text
    outside_fences = re.sub(r"^```text\n.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert "<script>" in text
    assert "<script>" not in outside_fences


@given(st.text())
@settings(max_examples=200)
def test_no_text_leaves_its_fence(text: str) -> None:
    lines = fenced(text).split("\n")

    assert re.fullmatch(r"`{3,}text", lines[0])
    fence = lines[0].removesuffix("text")
    assert lines[-1] == fence
    assert not [line for line in lines[1:-1] if fence in line]


@given(st.text())
@settings(max_examples=200)
def test_escaped_text_is_one_line_without_tags_or_cells(text: str) -> None:
    out = escaped(text + HOSTILE)

    assert "\n" not in out
    assert "<" not in out
    assert not re.search(r"(?<!\\)(\\\\)*\|", out)


def test_pass_1_of_a_run_is_passed_over_counted_trials(outline: Outline) -> None:
    run = sample_report().runs[0]
    n_counted = sum(trial.outcome.counts for trial in run.trials)
    n_passed = sum(trial.outcome is Outcome.PASSED for trial in run.trials)
    score = json.loads(render_json(sample_report()))["runs"][0]["pass_1"]

    assert (score["numerator"], score["denominator"], score["unit"]) == (n_passed, n_counted, "trials")
    assert f"{n_passed} / {n_counted} trials" in render_markdown(sample_report())
    assert f"{n_passed} / {n_counted} trials" in re.sub(r"\s+", " ", " ".join(outline.text))


def test_the_sign_of_a_gate_stays_with_its_number(page: str) -> None:
    assert "pass^4 of journeys &gt;=\u00a00.90" in page
    assert "&gt;= 0." not in page


def test_a_gate_on_attacks_shows_how_many_succeeded() -> None:
    report = sample_report()
    attack = replace(
        report.verdicts[0],
        gate="attack success in journeys <= 0.10",
        pass_1=None,
        estimate=0.0,
        n_scenarios=48,
        less_is_better=True,
    )
    attacked = replace(report, verdicts=(attack,))

    assert "0 of 48 attacks" in render_markdown(attacked)
    assert "0 of 48<span" in render_html(attacked)


@pytest.mark.parametrize(("confidence", "shown"), [(0.9997, "0.999"), (0.9912, "0.991"), (0.93, "0.93"), (1.0, "1.00")])
def test_nearly_certain_is_never_shown_as_certain(confidence: float, shown: str) -> None:
    assert not_rounded_to_certainty(confidence) == shown


def test_junit_names_a_tools_call_and_not_what_it_gave_back() -> None:
    run = sample_report().runs[0]
    trial = next(one for one in run.trials if one.outcome is Outcome.FAILED)
    told = replace(trial, transcript=(("tool", 'find_order(order="W1") -> {"email": "ana@example.com"}'),))

    text = render_junit([replace(run, trials=(told,))])

    assert "find_order(order" in text
    assert "ana@example.com" not in text
