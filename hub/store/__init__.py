"""The tables, one file a family, with their queries beside them."""
