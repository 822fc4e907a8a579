"""The policy's clauses as runnable checks."""
