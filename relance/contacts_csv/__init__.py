"""Contacts from a CSV file, as people's other systems export it: good rows are taken, bad ones come back with reasons.

`reading` makes rows of bytes, `columns` finds what each column holds, `cells` what a row says, `people` whom it means;
`taking` writes them, `rejects` gives back what could not be taken. `files` and `job` are the two ways in.
"""
