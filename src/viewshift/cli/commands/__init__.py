"""The commands as they are called: what each is given, its help and examples; the work is imported when it is done."""

from viewshift.cli.commands import checkin, compare, daily, detect, forget, simulate

COMMANDS = (
    (detect.detect, detect.EXAMPLES),
    (daily.daily, daily.EXAMPLES),
    (simulate.simulate, simulate.EXAMPLES),
    (compare.compare, compare.EXAMPLES),
    (checkin.checkin, checkin.EXAMPLES),
    (forget.forget, forget.EXAMPLES),
)
"""Each command with examples of its use, in the order of the help."""
