"""What every page that stands alone has in common: all text escaped, and one style sheet that its policy allows."""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

# Control characters have no business in a page; bidirectional overrides could show a sentence backwards.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class SealedPage:
    """The templates of a page, and its style sheet with the digest that the page's own policy names."""

    environment: Environment
    style: Markup
    style_digest: str

    def render(self, template: str, **facts: Any) -> str:
        """The page as one text; it is given `style` and `style_digest` beside the facts."""
        return self.environment.get_template(template).render(style=self.style, style_digest=self.style_digest, **facts)


def sealed_page(package: str, style_sheet: str) -> SealedPage:
    """From the folder `templates` of a package; what a template leaves undefined is an error."""
    loader = PackageLoader(package, "templates")
    environment = Environment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=True,
        finalize=plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, _, _ = loader.get_source(environment, style_sheet)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # Our own file, whose digest the page's policy allows.
    return SealedPage(environment, Markup(style), digest)  # noqa: S704


def plain(value: Any) -> Any:
    """Text without characters that a page must not hold; everything else as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _UNWANTED.sub("\ufffd", value)
    return value
