"""The console: what the people of the agency see and do."""
