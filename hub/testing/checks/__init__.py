"""What a calendar plugin and its server must do, as checks that tests and `hub probe` run alike."""
