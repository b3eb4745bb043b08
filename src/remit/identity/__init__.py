"""Who acts: persons and the roles they hold."""

from remit.identity.model import Actor, Role

__all__ = ["Actor", "Role"]
