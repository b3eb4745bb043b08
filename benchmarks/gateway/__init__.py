"""What a governed turn costs over HTTP."""
