"""Schema versions, oldest first in `versions`."""
