"""Forms as they are printed: how many items, which answers; typed from the reference, no code."""

from instruments.library.definition import Definition

# key: items, lowest code, highest code
FORMS = {
    "asq": (5, 0, 1), "brcs": (4, 1, 5), "c-ssrs-screener": (7, 0, 1), "cd-risc-10": (10, 0, 4),
    "ces-d": (20, 0, 3), "ces-dc": (20, 0, 3), "dass-21": (21, 0, 3), "dsrsc": (18, 0, 2),
    "gad-2": (2, 0, 3), "gad-7": (7, 0, 3), "iat-20": (20, 1, 5), "isi": (7, 0, 4),
    "k10": (10, 1, 5), "k6": (6, 0, 4), "mht": (100, 0, 1), "mssmhs": (60, 1, 5),
    "pcl-5": (20, 0, 4), "phq-2": (2, 0, 3), "phq-9": (9, 0, 3), "phq-a": (9, 0, 3),
    "psc-17-y": (17, 0, 2), "psqi": (18, 0, 3), "pss-10": (10, 0, 4), "rcads-25": (25, 0, 3),
    "rcads-47": (47, 0, 3), "rses": (10, 0, 3), "sas-sv": (10, 1, 6), "sas-zung": (20, 1, 4),
    "scared-41": (41, 0, 2), "scl-90": (90, 1, 5), "sdq-s": (25, 0, 2), "sds": (20, 1, 4),
    "swls": (5, 1, 7), "uls-20v3": (20, 1, 4), "uls-8": (8, 1, 4), "upi": (64, 0, 1),
    "who-5": (5, 0, 5),
}  # fmt: skip


def form_differences(definition: Definition) -> list[str]:
    """What the definition asks otherwise than the form; empty when they agree."""
    items, lowest, highest = FORMS[definition.key]
    found = [f"{len(definition.items)} items for {items}"] * (len(definition.items) != items)
    for item in definition.items:
        if not item.measured and item.codes != tuple(range(lowest, highest + 1)):
            found.append(f"item {item.id}: codes {item.codes}")
    return found
