"""The public booking pages, and the page on which a customer moves or cancels."""
