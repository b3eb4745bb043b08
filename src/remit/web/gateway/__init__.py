"""The path that customers meet: messages in, governed replies out."""

from remit.web.gateway.api import create_app

__all__ = ["create_app"]
