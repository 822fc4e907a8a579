"""A strict stand-in for Google: its consent page, its tokens and its Calendar API v3, as one WSGI application."""
