"""Frontdesk: a self-hosted integration hub for agencies that answer leads and book appointments."""
