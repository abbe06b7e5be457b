"""Runs side by side: what differs between them, and what may be ranked against what.

    result.py       a run's folder as numbers and a configuration
    differences.py  what differs between configurations, and which are the same experiment
    metrics.py      the names of the numbers, and which way is better
    statistics.py   mean ± standard error, and how to write it
    student_t.py    how probable a t as large as that is
    margin.py       by how much one configuration is above another, paired by seed or not
    spread.py       what seeds do to a difference, by all configurations
    behind.py       how far each row is behind the first, and whether it can be told from it
    measured.py     on what a number was measured
    comparability.py  what numbers must share to be ranked against each other
    blocks.py       what may be ranked against what, and why not the rest
    notes.py        what a reader of the numbers should know
    ranking.py      all of it together: the comparison
    table.py        ... on a terminal
    export.py       ... as CSV and JSON
    page.py         ... as one HTML file, with curves.py, gallery.py, and page.html and its parts

Nothing here imports torch.
"""
