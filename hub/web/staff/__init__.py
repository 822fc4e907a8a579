"""The page of a staff member's invite link."""
