"""What the hub does for people, one verb a file."""
