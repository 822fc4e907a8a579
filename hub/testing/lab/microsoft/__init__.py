"""The lab's Microsoft: sign-in at the identity platform, and calendars by Graph v1.0, as strict as the documents."""
