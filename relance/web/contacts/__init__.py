"""The pages of contacts: their list, each one's page, and what is done to one or to many of them."""
