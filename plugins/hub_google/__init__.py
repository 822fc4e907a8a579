"""Google Calendar (API v3), connected by the owner's consent on Google's own pages."""
