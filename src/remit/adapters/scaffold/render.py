"""Fills the templates: relative path -> content."""

import json
from collections.abc import Mapping
from importlib.resources import files

from remit.adapters.scaffold.plan import StartPlan

_ALWAYS = ("README.md", "remit.yaml", "policy.yaml", "world.py", "suites/journeys.yaml")
_AGENTS = {
    "python": {"agent.yaml": "agent_python.yaml", "agent.py": "agent.py"},
    "llm": {"agent.yaml": "agent_llm.yaml", "prompt.md": "prompt.md"},
    "openai_chat": {"agent.yaml": "agent_openai_chat.yaml"},
    "http": {"agent.yaml": "agent_http.yaml"},
}


def render_files(plan: StartPlan) -> Mapping[str, str]:
    """Every file of the contact centre, by its path below the folder."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    wanted = {path: path for path in _ALWAYS} | _AGENTS[plan.agent_type]
    folder = files("remit.adapters.scaffold") / "templates"
    sources = {name: (folder / f"{name}.j2").read_text(encoding="utf-8") for name in wanted.values()}
    environment = Environment(
        loader=DictLoader(sources),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - the files are YAML, Python and Markdown; every value goes through a filter
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(quoted=_quoted, scenario_text=_scenario_text, one_line=_one_line)
    return {path: environment.get_template(name).render(plan=plan) for path, name in wanted.items()}


def _quoted(text: str) -> str:
    """A YAML scalar in double quotes (JSON's escapes are YAML's)."""
    return json.dumps(_one_line(text), ensure_ascii=False)


def _scenario_text(text: str) -> str:
    """The same where braces mean placeholders."""
    return _quoted(text.replace("{", "{{").replace("}", "}}"))


def _one_line(text: str) -> str:
    """Without line breaks and control characters, which end comments and break documents."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(printable.split())
