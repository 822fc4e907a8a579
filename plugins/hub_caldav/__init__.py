"""CalDAV (RFC 4791): any server that speaks it, connected with an address, a user name and a password."""
