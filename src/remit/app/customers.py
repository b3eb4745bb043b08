"""The language model that plays customers, where suites need one."""

from collections.abc import Iterable, Mapping

from remit.adapters.customers import CustomerModel
from remit.adapters.llm import ChatClient, ChatEndpoint, Secret
from remit.errors import SettingsError
from remit.runtime.ports import Clock
from remit.scenarios.model import InstructedCustomer, Suite
from remit.settings import Settings

_KEY = "REMIT_CUSTOMER_API_KEY"


def customer_model(suites: Iterable[Suite], *, environ: Mapping[str, str], clock: Clock) -> CustomerModel | None:
    """The model for these suites; None if none of their customers needs one.

    Raises:
        SettingsError: One is needed and not configured.
    """
    needing = [one.id for suite in suites for one in suite.scenarios if isinstance(one.customer, InstructedCustomer)]
    if not needing:
        return None
    settings = Settings.from_environ(environ)
    missing = [
        f"REMIT_CUSTOMER_{name}"
        for name, value in (("URL", settings.customer_url), ("MODEL", settings.customer_model))
        if not value
    ]
    if missing:
        raise SettingsError(
            f"{len(needing)} scenarios, such as {needing[0]!r}, need a language model to play their customers, and "
            f"{' and '.join(missing)} is not set.\n"
            "  Set it to an OpenAI-compatible endpoint, or choose other scenarios with --filter (imported ones "
            "carry the tag 'customer-agenda')."
        )
    key = Secret(_KEY, environ) if settings.customer_api_key else Secret()
    endpoint = ChatEndpoint(settings.customer_url, settings.customer_model, api_key=key, timeout_s=60.0)
    return CustomerModel(ChatClient(endpoint, owner="customer model", clock=clock), clock)
