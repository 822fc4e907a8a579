"""Keys and credentials: the only room that opens one, and the only way out to a provider."""
