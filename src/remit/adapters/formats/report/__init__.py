"""Reports about a release: one self-contained HTML page, Markdown, or JSON."""

from remit.adapters.formats.report.as_html import render_html
from remit.adapters.formats.report.as_json import SCHEMA, render_json
from remit.adapters.formats.report.as_markdown import render_markdown
from remit.adapters.formats.report.model import Report

__all__ = ["SCHEMA", "Report", "render_html", "render_json", "render_markdown"]
