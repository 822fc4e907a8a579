"""Hands mails to an SMTP server, signed in over an encrypted line."""
