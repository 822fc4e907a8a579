"""Canonical phone numbers and e-mail addresses, and the keyed hashes by which people are found."""
