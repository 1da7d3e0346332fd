"""Agreement of two people on the same drafts, beyond chance."""

from __future__ import annotations


def krippendorff(both_yes: int, both_no: int, differ: int) -> float | None:
    """Krippendorff's alpha of yes-or-no judgements, each unit judged by two people: 1 is perfect, 0 is chance.

    Args:
        both_yes: Units that both call right.
        both_no: Units that both call wrong.
        differ: Units on which they differ.

    Returns:
        None without a unit, and where every judgement is the same: there is no chance agreement to compare with.

    Source: Krippendorff, Content Analysis (2004), nominal data.
    """
    yes, no = 2 * both_yes + differ, 2 * both_no + differ
    total = yes + no
    if not yes or not no:
        return None
    return 1 - (total - 1) * differ / (yes * no)
