"""OpenSLO documents: the exact v1 shape, what survives a round trip, and every mistake with its line."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from remit.adapters.formats.openslo import Version, openslo_document, read_openslo, render_openslo
from remit.app.objectives import for_each_intent, read_objectives
from remit.app.policy_files import read_policy_file
from remit.conversations import IntentName
from remit.errors import ObjectiveParseError
from remit.slo import INDICATORS, Objective

SHOP = Path(__file__).resolve().parents[3] / "examples" / "shop"
REFUND = Objective(
    name="refund-status-correctness",
    service="support-agent",
    metric="bad_outcome",
    target=0.98,
    intent=IntentName("refund_status"),
    display_name="Refund status - correct outcome",
    description="Contained conversations with a wrong, unsafe or reopened outcome",
    labels=(("team", "returns"),),
)
TEXT = render_openslo([REFUND])


@st.composite
def objectives(draw: st.DrawFn) -> Objective:
    metric = draw(st.sampled_from(sorted(INDICATORS)))
    late = INDICATORS[metric].comes_late
    tested = INDICATORS[metric].use in ("budget", "floor")
    return Objective(
        name=draw(st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)),
        service="shop",
        metric=metric,
        target=draw(st.sampled_from([0.5, 0.55, 0.9, 0.98, 0.999])),
        intent=(intent := draw(st.sampled_from([IntentName(""), IntentName("refund")]))),
        per_intent=True if intent else draw(st.booleans()),
        display_name=draw(st.sampled_from(["", "Right: outcomes", "é"])),
        description=draw(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=60)).strip(),
        window_days=draw(st.sampled_from([28, 30, 42, 90])),
        matured_after_s=draw(st.sampled_from([3600.0, 86_400.0])) if late else 7 * 86_400.0,
        alpha=draw(st.sampled_from([0.05, 0.01])),
        min_evidence=draw(st.sampled_from([0, 20_000])),
        days_between_false_alarms=180.0 if tested and INDICATORS[metric].use == "budget" else 90.0,
        labels=draw(st.sampled_from([(), (("team", "returns"), ("tier", "1"))])),
    )


@given(objectives())
@settings(max_examples=60)
def test_what_is_written_as_v1_is_read_as_it_was(objective: Objective) -> None:
    assert read_openslo(render_openslo([objective], policy="abc"), "x.yaml") == (objective,)


@given(objectives())
@settings(max_examples=30)
def test_v2alpha_loses_only_the_display_name_of_the_document(objective: Objective) -> None:
    (found,) = read_openslo(render_openslo([objective], "v2alpha"), "x.yaml")
    assert found.display_name == ""
    assert found.digest == objective.digest


@given(st.lists(objectives(), min_size=2, max_size=3))
@settings(max_examples=20)
def test_several_documents_of_one_file_are_read_one_by_one(several: list[Objective]) -> None:
    assert read_openslo(render_openslo(several), "x.yaml") == tuple(several)


def test_the_shape_of_v1() -> None:
    document = openslo_document(REFUND, policy="2026.11-4")
    assert document == {
        "apiVersion": "openslo/v1",
        "kind": "SLO",
        "metadata": {
            "name": "refund-status-correctness",
            "displayName": "Refund status - correct outcome",
            "labels": {"team": "returns", "intent": "refund_status", "policy": "2026.11-4"},
            "annotations": {
                "remit.dev/metric": "bad_outcome",
                "remit.dev/evidence": "e-process",
                "remit.dev/alpha": "0.05",
                "remit.dev/label-source": "human-confirmed",
                "remit.dev/maturation": "7d",
                "remit.dev/min-evidence": "500",
                "remit.dev/days-between-false-alarms": "90",
            },
        },
        "spec": {
            "description": "Contained conversations with a wrong, unsafe or reopened outcome",
            "service": "support-agent",
            "indicator": {
                "metadata": {"name": "refund-status-correctness-bad"},
                "spec": {
                    "ratioMetric": {
                        "counter": True,
                        "bad": prometheus('remit_outcome_bad_total{intent="refund_status"}'),
                        "total": prometheus('remit_outcome_matured_total{intent="refund_status"}'),
                    }
                },
            },
            "timeWindow": [{"duration": "4w", "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": [{"displayName": "Refund status - correct outcome", "target": 0.98}],
        },
    }


def prometheus(query: str) -> dict[str, Any]:
    return {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}


def test_annotations_are_texts_as_the_standard_wants() -> None:
    document = YAML(typ="safe").load(TEXT)
    assert all(isinstance(value, str) for value in document["metadata"]["annotations"].values())


def test_v2alpha_says_sli_and_names_its_data_source() -> None:
    document = openslo_document(REFUND, "v2alpha")
    assert document["apiVersion"] == "openslo.com/v2alpha"
    assert "displayName" not in document["metadata"]
    assert "indicator" not in document["spec"]
    ratio = document["spec"]["sli"]["spec"]["ratioMetric"]
    assert ratio["bad"] == {
        "dataSourceRef": "prom",
        "spec": {"query": 'remit_outcome_bad_total{intent="refund_status"}'},
    }


def test_v1alpha_is_what_sloth_takes() -> None:
    text = render_openslo([REFUND], "v1alpha")
    # The two expressions by which Sloth tells an OpenSLO file, and the fields that it refuses to do without.
    assert re.search(r"(?m)^kind: +['\"]?SLO['\"]? *$", text)
    assert re.search(r"(?m)^apiVersion: +['\"]?openslo/v1alpha['\"]? *$", text)
    spec = YAML(typ="safe").load(text)["spec"]
    (window,) = spec["timeWindows"]
    assert (window["unit"].lower(), window["count"]) == ("day", 28)
    (target,) = spec["objectives"]
    assert target["target"] == 0.98
    for part in ("good", "total"):
        metric = target["ratioMetrics"][part]
        assert (metric["source"], metric["queryType"]) == ("prometheus", "promql")
        assert "[{{.window}}]" in metric["query"]
    assert "annotations" not in text


def test_a_file_without_the_metric_is_read_with_one_that_is_named() -> None:
    text = render_openslo([REFUND], "v1alpha")
    with pytest.raises(ObjectiveParseError, match=r"remit\.dev/metric is missing"):
        read_openslo(text, "x.yaml")
    (found,) = read_openslo(text, "x.yaml", metric="bad_outcome")
    assert (found.metric, found.target, found.service) == ("bad_outcome", 0.98, "support-agent")


def test_other_kinds_of_the_standard_are_passed_over() -> None:
    service = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: shop}\nspec: {description: x}\n"
    assert read_openslo(f"# ours\n---\n{service}---\n{TEXT}", "x.yaml") == (REFUND,)
    with pytest.raises(ObjectiveParseError, match="holds no SLO"):
        read_openslo(service, "x.yaml")


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if words in line)


def swapped(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    ("change", "words", "mend"),
    [
        (swapped("budgetingMethod: Occurrences", "budgetingMethod: Timeslices"), "Timeslices", "Occurrences"),
        (swapped("duration: 4w", "duration: 1w"), "7 days is outside", "4w"),
        (swapped("duration: 4w", "duration: 1Q"), "0 days is outside", "4w"),
        (swapped("isRolling: true", "isRolling: false"), "calendar", "isRolling: true"),
        (swapped("target: 0.98", "target: 98"), "98", "below 1"),
        (swapped("      target: 0.98", "      op: lt"), "target", "target: 0.98"),
        (swapped("metric: bad_outcome", "metric: bad_outcomes"), "bad_outcomes", "`bad_outcome`"),
        (swapped("remit.dev/alpha", "remit.dev/aplha"), "aplha", "remit.dev/alpha"),
        (swapped("alpha: '0.05'", "alpha: 'five'"), "five", "number"),
        (swapped("maturation: 7d", "maturation: a week"), "a week", "7d"),
        (swapped("min-evidence: '500'", "min-evidence: many"), "many", "whole number"),
        (swapped("label-source: human-confirmed", "label-source: judge"), "judge", "human-confirmed"),
        (swapped("  service:", "  servise:"), "servise", "service"),
        (swapped("kind: SLO", "kind: [SLO]"), "kind", ""),
        (swapped("    - displayName", "    - target: 0.9\n    - displayName"), "second objective", "one SLO"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_a_mend(change: Callable[[str], str], words: str, mend: str) -> None:
    broken = change(TEXT)
    with pytest.raises(ObjectiveParseError, match=re.escape(words)) as caught:
        read_openslo(broken, "objectives/x.yaml")
    told = str(caught.value)
    assert re.match(r"objectives/x\.yaml:\d+: ", told)
    assert mend in told


def test_lines_of_a_later_document_are_those_of_the_file() -> None:
    broken = TEXT + "---\n" + TEXT.replace("alpha: '0.05'", "alpha: 'five'")
    with pytest.raises(ObjectiveParseError) as caught:
        read_openslo(broken, "x.yaml")
    assert caught.value.line == line_of(broken, "five")


@pytest.mark.parametrize("version", ["v1", "v1alpha", "v2alpha"])
def test_every_version_is_one_that_can_be_read_again(version: Version) -> None:
    (found,) = read_openslo(render_openslo([REFUND], version), "x.yaml", metric="bad_outcome")
    assert found.name == REFUND.name


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n", "kind: SLO\n", "apiVersion: v1\nkind: Policy\n"])
def test_what_is_no_objective_is_one_clear_error(text: str) -> None:
    with pytest.raises(ObjectiveParseError, match=r"x\.yaml:\d"):
        read_openslo(text, "x.yaml")


def test_the_shops_objectives_cover_every_indicator_and_are_written_as_an_export_writes_them() -> None:
    policy = read_policy_file(SHOP / "policy.yaml")
    objectives = read_objectives(policy, SHOP / "policy.yaml")
    assert sorted(objective.metric for objective in objectives) == sorted(INDICATORS)
    for objective in objectives:
        written = (SHOP / "objectives" / f"{objective.name}.yaml").read_text(encoding="utf-8")
        assert written == render_openslo([objective])
    names = [one.name for one in for_each_intent(objectives, policy)]
    assert len(set(names)) == len(names) > len(policy.intents)
