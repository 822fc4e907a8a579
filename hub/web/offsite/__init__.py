"""Going to a provider's own pages to connect an account, and coming back."""
