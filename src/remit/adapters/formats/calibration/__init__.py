"""Reports about a calibration: one self-contained HTML page with its plots, Markdown, or JSON."""

from remit.adapters.formats.calibration.as_html import render_html
from remit.adapters.formats.calibration.as_json import SCHEMA, document, render_json
from remit.adapters.formats.calibration.as_markdown import render_markdown
from remit.adapters.formats.calibration.words import left_out

__all__ = ["SCHEMA", "document", "left_out", "render_html", "render_json", "render_markdown"]
