"""Who acts: people and services, their roles, and how it was proven that it is them."""

from remit.identity.model import CONTROLLER, Actor, ActorId, Proof, Role

__all__ = ["CONTROLLER", "Actor", "ActorId", "Proof", "Role"]
