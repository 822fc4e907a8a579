"""Acme: a calendar service that does not exist, with a small REST interface, as an example of a plugin."""
