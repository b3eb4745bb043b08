"""The composition root: settings -> adapters -> use cases. The only module that knows every adapter."""
