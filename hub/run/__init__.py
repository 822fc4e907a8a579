"""How the hub is started, kept alive, examined and shown."""
