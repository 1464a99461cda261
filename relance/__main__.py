"""`python -m relance` is the `relance` command."""

from relance.cli import main

if __name__ == "__main__":
    main()
