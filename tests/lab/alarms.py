# SPDX-License-Identifier: GPL-2.0-or-later
"""What no daemon may have said at the end of a test."""
SIGNS = ("Sanitizer", "runtime error:", "which its filter forbids")
DEATHS = " died: "  # of an engine, a front, a runner: each that nobody has killed is one too many


def alarm(text, signs):
    """The first line with such a sign; None."""
    return next((line for line in text.splitlines() if any(sign in line for sign in signs)), None)
