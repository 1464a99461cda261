"""Pure rules: no database, no clock, no network, no Django. "Now" is always passed in."""
