"""What the hub records of its own doings, so that it can be proved later."""
