"""What acts on an agent from outside its definition: tools as the policy declares them, and the guards in force."""

import hashlib
from importlib import resources

from remit.documents import digest_of
from remit.policy.model import Policy
from remit.releases.model import Part, PartKind
from remit.releases.reach import only

_GUARDS = "remit.adapters.guards"


def surroundings_of(policy: Policy) -> tuple[Part, ...]:
    """Parts of every release under this policy.

    A tool reaches the intents that may use it; its limits are the policy's and not the release's. How the tool works
    behind its server is not seen here: an agent whose tools change there is fingerprinted like an opaque one.
    """
    tools = [
        Part(
            PartKind.TOOL,
            tool.name,
            digest_of([tool.name, tool.effect.value, tool.description]),
            only(*(intent.name for intent in policy.intents.values() if tool.name in intent.tools)),
            "the intents whose tools it is among",
        )
        for tool in policy.tools.values()
    ]
    return (*tools, *_guards())


def _guards() -> tuple[Part, ...]:
    files = sorted((file for file in resources.files(_GUARDS).iterdir() if file.name.endswith(".py")), key=str)
    return tuple(
        Part(
            PartKind.GUARD,
            file.name.removesuffix(".py"),
            hashlib.sha256(file.read_bytes()).hexdigest(),
            why="guards look at every turn",
        )
        for file in files
        if file.name != "__init__.py"
    )
