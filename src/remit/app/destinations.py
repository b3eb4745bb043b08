"""From the section `contact_centre` of `remit.yaml` to what hands off, with the secrets that it names."""

from collections.abc import Mapping

from remit.adapters.contact_centre import Chatwoot, HandoffWebhook, Intercom, Zendesk
from remit.adapters.store import SqliteDatabase, SqliteHandoffs
from remit.app.contact_centre_file import ContactCentreSection
from remit.app.handing_off import Books, HandingOff, Reachable
from remit.conversations import AgentName, IntentName
from remit.errors import SettingsError
from remit.policy.model import Policy
from remit.runtime.enveloping import Addressing
from remit.runtime.ports import Clock
from remit.supervision.availability import ReceptionWords
from remit.supervision.ports import HandoffDestination


def handing_off(
    section: ContactCentreSection,
    policy: Policy,
    agent: AgentName,
    database: SqliteDatabase,
    clock: Clock,
    *,
    environ: Mapping[str, str],
) -> HandingOff:
    """As `contact_centre` in remit.yaml says.

    Raises:
        SettingsError: The environment lacks a secret that it names.
    """
    store = SqliteHandoffs(database)
    words = {name: text for name, text in section.words.model_dump().items() if text is not None}
    queues = {IntentName(intent): queue for intent, queue in section.queues.items()}
    reachable = Reachable(
        Addressing(queues, section.queue, section.url or ""),
        None if section.hours is None else section.hours.hours(),
        section.queue_at_most,
        ReceptionWords(**words),
        policy.turn.max_handoffs,
    )
    books = Books(store, store, store, store.records_of)
    return HandingOff(agent, books, destination_of(section, environ), reachable, clock)


def destination_of(section: ContactCentreSection, environ: Mapping[str, str]) -> HandoffDestination | None:
    """Where people work, None at Remit's own desk. Raises SettingsError if a secret is missing."""

    def secret(name: str) -> str:
        if not environ.get(name):
            mend = f"Set {name}, or leave the contact centre out: people then work at Remit's own desk."
            raise SettingsError(f"remit.yaml: contact_centre: the environment has no {name}.\n  {mend}")
        return environ[name]

    if (hook := section.webhook) is not None:
        return HandoffWebhook(hook.url, secret(hook.secret))
    if (chatwoot := section.chatwoot) is not None:
        return Chatwoot(
            chatwoot.url,
            secret(chatwoot.token),
            account=chatwoot.account,
            teams=chatwoot.teams,
            prefix=chatwoot.prefix,
        )
    if (zendesk := section.zendesk) is not None:
        return Zendesk(
            zendesk.url,
            secret(zendesk.key_id),
            secret(zendesk.secret),
            app=zendesk.app,
            integration=zendesk.integration,
            fields=zendesk.fields,
            prefix=zendesk.prefix,
        )
    if (intercom := section.intercom) is not None:
        return Intercom(
            intercom.url,
            secret(intercom.token),
            admin=intercom.admin,
            assignees=intercom.assignees,
            assignee=intercom.assignee,
            assignee_kind=intercom.assignee_kind,
            ticket_type=intercom.ticket_type,
            prefix=intercom.prefix,
        )
    return None
