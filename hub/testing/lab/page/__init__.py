"""The page on which people play the other side: calendars, invitations, grants, faults and notifications."""
