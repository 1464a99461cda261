"""The hub: every contact to whom the member owes a touch today, and the dashboard's panel of the most urgent."""
