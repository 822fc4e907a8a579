"""A new plugin to begin with: a whole distribution whose tests say what is left to fill in."""
