"""Who acts: people and services, their roles, and how it was proven that it is them."""

from remit.identity.accounts import Account, ApiKey, KeyHolder, KeyId, check_functions, check_name
from remit.identity.model import CONTROLLER, Actor, ActorId, Proof, Role
from remit.identity.ports import AccountBook, Credentials, Sessions
from remit.identity.sessions import Session, SessionHolder, SessionId, SessionLimits
from remit.identity.throttle import Attempts

__all__ = [
    "CONTROLLER",
    "Account",
    "AccountBook",
    "Actor",
    "ActorId",
    "ApiKey",
    "Attempts",
    "Credentials",
    "KeyHolder",
    "KeyId",
    "Proof",
    "Role",
    "Session",
    "SessionHolder",
    "SessionId",
    "SessionLimits",
    "Sessions",
    "check_functions",
    "check_name",
]
