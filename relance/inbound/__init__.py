"""What came in, normalised: messages, calls that ended, opt-outs. Opt-outs are committed before anything else."""
