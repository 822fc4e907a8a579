"""The doors for browsers and programs, thin over the actions."""
