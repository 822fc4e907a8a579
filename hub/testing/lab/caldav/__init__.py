"""A CalDAV server as a stand-in: Radicale behind a front with switches, and the owner at its calendars."""
