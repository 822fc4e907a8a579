"""The page of a signed link by which a person decides whether somebody may look at something of theirs."""
