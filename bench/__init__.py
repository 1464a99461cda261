"""What `make bench` runs: how fast and how punctual Relance is on this machine, and against what."""
