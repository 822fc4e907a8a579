"""The `hub` command, thin over the actions."""
