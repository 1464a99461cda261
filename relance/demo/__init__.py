"""A named cast and a week of their life, shared by the demo instance and the tests.

Names, numbers and addresses are fictional: numbers from the ranges set aside for drama, domains from RFC 2606.
"""

from relance.demo.load import load

__all__ = ["load"]
