"""The ways a follow-up leaves the house: one folder a channel, all behind `base.Channel`."""
