"""What providers' servers send to the addresses that they were given."""
