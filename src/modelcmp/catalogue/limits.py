"""Every limit on what a catalogue may hold, in one place. Each has a test on both sides of it."""

from __future__ import annotations

FILE_BYTES = 1024 * 1024
"""Largest YAML file that is opened; a card of fifteen capabilities takes about 15 kB."""

CATALOGUE_FILES = 100_000
"""Most files read from one catalogue directory.

It keeps a folder named by mistake from being read for hours. Cards are looked at one by one, so what a
catalogue takes grows with its files alone: about 3 ms and 8 kB of cache each, the first time.
"""
DOCUMENT_BYTES = 4 * 1024 * 1024
"""Largest document whose blocks are filled."""

BASELINE_BYTES = 16 * 1024 * 1024
"""Largest earlier comparison that is read; one of two models takes about 100 kB."""

CATALOGUE_DEPTH = 16
"""Deepest folder, counted from the catalogue directory."""

NESTING = 32
"""Deepest list or mapping inside a file. The C parser overflows its stack near 24,000."""

NODES = 50_000
"""Most scalars, lists and mappings in one file."""

TEXT_CHARACTERS = 10_000
NAME_CHARACTERS = 200
ID_CHARACTERS = 100
CAPABILITIES = 500

INTEGER_DIGITS = 16
LARGEST_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly."""

PROBLEMS_LISTED = 20
PROBLEM_CHARACTERS = 300

SUGGESTIONS = 200
"""Most problems of one file for which a word that looks alike is sought; it takes most of their time."""

ANSWER_BYTES = 2 * 1024 * 1024
"""Largest answer of a host, unpacked."""

REQUEST_SECONDS = 20.0
"""Longest a host may take over one request, however steadily it drips; redirects included."""

RUN_SECONDS = 300.0
"""Longest all requests of one run may take together, waits included."""

REDIRECTS = 3
RETRIES = 2

WAIT_SECONDS = 60.0
"""Longest that one run waits in total because hosts ask it to."""

FAILURES_IN_A_ROW = 3
"""A host that could not be reached so often in a row is asked no more in this run."""
