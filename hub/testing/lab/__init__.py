"""The lab: strict stand-ins for providers as real HTTP servers on loopback, with switches for what can go wrong."""
