"""The R4 tree of HL7 v3 PurposeOfUse: which purposes are kinds of which."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from pyhealth.values import Purpose

TREE = {
    Purpose.HOPERAT: "CAREMGT DONAT FRAUD GOV HACCRED HCOMPL HDECD HDIRECT HDM HLEGAL HOUTCOMS "
    "HPRGRP HQUALIMP HSYSADMIN MEMADMIN MILCDM PATADMIN PATSFTY PERFMSR RECORDMGT SYSDEV TRAIN",
    Purpose.HSYSADMIN: "LABELING METAMGT",
    Purpose.SYSDEV: "HTEST",
    Purpose.HPAYMT: "CLMATTCH COVAUTH COVERAGE REMITADV",
    Purpose.COVERAGE: "ELIGDTRM ELIGVER ENROLLM MILDCRG",
    Purpose.HRESCH: "BIORCH CLINTRCH DSRCH POARCH TRANSRCH",
    Purpose.CLINTRCH: "CLINTRCHNPC CLINTRCHPC PRECLINTRCH",
    Purpose.PATRQT: "FAMRQT PWATRNY SUPNWK",
    Purpose.PUBHLTH: "DISASTER THREAT",
    Purpose.TREAT: "CLINTRL COC ETREAT POPHLTH",
    Purpose.ETREAT: "BTG ERTREAT",
}
PARENTS = {Purpose[child]: parent for parent, named in TREE.items() for child in named.split()}
EVERY_PURPOSE = frozenset(Purpose)
UNBROKEN = EVERY_PURPOSE - {Purpose.BTG}  # what a permit that names no purpose is for


@cache
def closure(purpose: Purpose) -> frozenset[Purpose]:
    """Return a purpose and all that are kinds of it; breaking the glass only where it is named."""
    if purpose is Purpose.BTG:
        return frozenset({purpose})
    children = [child for child, parent in PARENTS.items() if parent is purpose]
    return frozenset({purpose}).union(*map(closure, children)) - {Purpose.BTG}


def closure_of(purposes: Iterable[Purpose]) -> frozenset[Purpose]:
    """Return purposes and all that are kinds of any of them."""
    return frozenset[Purpose]().union(*map(closure, purposes))


def fewest(purposes: Iterable[Purpose]) -> list[Purpose]:
    """Return the fewest purposes whose closures lie within these, in the order of the tree.

    A purpose whose kinds are not all there has no name of its own, and is left out.
    """
    given = frozenset(purposes)
    whole = [one for one in sorted(given) if closure(one) <= given]
    return [one for one in whole if PARENTS.get(one) not in whole or one is Purpose.BTG]
