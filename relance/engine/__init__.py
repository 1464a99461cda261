"""From due to done: clock, claim, carry out, settle, rescue. Nothing but this changes a running follow-up."""
