"""The consortium at one moment, its members and contracts by name, and what differs between two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pyhealth.consortium import Consortium
from pyhealth.errors import InputError
from pyhealth.values import (
    FOREVER,
    Listing,
    Member,
    MemberStatus,
    Role,
    Rule,
    Threshold,
    span,
    struct,
)

Ask = Callable[[Sequence[tuple[str, tuple[Any, ...]]]], list[Any]]  # views and arguments to answers


@dataclass(frozen=True, slots=True)
class Register:
    """Who belongs and what is adopted, read at once."""

    members: dict[int, Member]  # present ones
    statuses: dict[int, MemberStatus]
    listings: tuple[Listing, ...]
    paused: frozenset[str]
    rules: dict[Rule, timedelta]

    @classmethod
    def read(cls, ask: Ask) -> Register:
        """Read the register through a function that asks the consortium's views."""
        rules = [rule for rule in Rule if rule]
        first = ask([("members", ()), ("adopted", ()), *(("ruleOf", (rule,)) for rule in rules)])
        seats, listings = first[0], tuple(struct(Listing, one) for one in first[1])
        targets = [listing.target for listing in listings]
        asked = [("memberOf", (one,)) for one in seats] + [("statusOf", (one,)) for one in seats]
        told = ask([*asked, *(("isPaused", (target,)) for target in targets)])
        members = [struct(Member, one) for one in told[: len(seats)]]
        statuses = map(MemberStatus, told[len(seats) : 2 * len(seats)])
        paused = zip(targets, told[2 * len(seats) :], strict=True)
        return cls(
            dict(zip(seats, members, strict=True)),
            dict(zip(seats, statuses, strict=True)),
            listings,
            frozenset(target for target, is_paused in paused if is_paused),
            dict(zip(rules, map(span, first[2:]), strict=True)),
        )

    def member_called(self, text: str) -> int:
        """Return the number of the member of that number, name or account."""
        if text.isdecimal() and len(text) < 10:
            return int(text)
        for number, member in self.members.items():
            if text.casefold() in (member.name.casefold(), member.account.casefold()):
                return number
        known = ", ".join(f"{number} ({one.name})" for number, one in sorted(self.members.items()))
        raise InputError(f"No member is {text!r}; known are {known}.")

    def contract_called(self, text: str) -> str:
        """Return the address of the newest adopted contract of that name."""
        for listing in reversed(self.listings):
            if text.casefold() == listing.name.casefold():
                return listing.target
        known = ", ".join(sorted({one.name for one in self.listings}))
        raise InputError(
            f"No adopted contract is named {text!r}; known are {known}, or an address."
        )

    def title(self, member: int) -> str:
        """Name a member for people."""
        known = self.members.get(member)
        return f"{known.name} (member {member})" if known else f"member {member}"

    def listing(self, target: str) -> Listing | None:
        """Return the directory's entry of a contract, or nothing."""
        return next((one for one in self.listings if one.target == target), None)

    def able(self, role: Role) -> set[int]:
        """Return the active members that hold a role."""
        active = (n for n, status in self.statuses.items() if status is MemberStatus.ACTIVE)
        return {number for number in active if role in self.members[number].roles}


def register_of(consortium: Consortium) -> Register:
    """Read the register as it is now."""
    return Register.read(
        lambda asked: [consortium.binding.call(name, *arguments) for name, arguments in asked]
    )


def member_called(consortium: Consortium, register: Register, text: str) -> int:
    """Return the number of a member, also of one that is gone, by number, name, or account."""
    number = register.member_called(text)
    if not int(consortium.member_of(number).account, 16):
        raise InputError(f"No member has the number {number}; see 'pyhealth consortium members'.")
    return number


def changes(before: Register, after: Register) -> list[str]:
    """Say what differs: who could then do what, and what it would then take to decide."""
    return [
        *_comings(before, after),
        *(text for one in sorted(set(before.members) & set(after.members))
          for text in _changed(one, before, after)),
        *_powers(before, after),
        *_directory(before, after),
        *(f"{plain(rule)} is {value} from then on, and was {before.rules[rule]}."
          for rule, value in after.rules.items() if value != before.rules[rule]),
    ]  # fmt: skip


def _comings(before: Register, after: Register) -> Iterator[str]:
    for number in sorted(set(after.members) - set(before.members)):
        come = after.members[number]
        yield (
            f"{come.name} becomes member {number}, with account {come.account}, "
            f"and gains {shown(come.roles)}."
        )
    for number in sorted(set(before.members) - set(after.members)):
        gone = before.members[number]
        yield f"{before.title(number)} is a member no more, and loses {shown(gone.roles)}."
    seats = len(after.members)
    if seats != len(before.members):
        needed = (f"{plain(one)} {one.needed(seats)}" for one in Threshold if one)
        yield f"With {seats} members decisions need: {', '.join(needed)}."


def _changed(number: int, before: Register, after: Register) -> Iterator[str]:
    old, new, title = before.members[number], after.members[number], before.title(number)
    if gained := new.roles - old.roles:
        yield f"{title} gains {shown(gained)}."
    if lost := old.roles - new.roles:
        yield f"{title} loses {shown(lost)}."
    if old.account != new.account:
        yield f"{title} acts with account {new.account}, and no longer with {old.account}."
    was, status = before.statuses[number], after.statuses[number]
    if status is MemberStatus.SUSPENDED and old.suspended_until != new.suspended_until:
        yield f"{title} may neither act nor vote until {_until(new)}, and keeps its seat."
    elif was is not status:
        yield f"{title} may act and vote again."


def _powers(before: Register, after: Register) -> Iterator[str]:
    for role in Role:
        if before.able(role) and not after.able(role):
            yield f"Nobody could act as {role.name} any more."


def _directory(before: Register, after: Register) -> Iterator[str]:
    for listing in after.listings[len(before.listings) :]:
        yield (
            f"{listing.target} is {listing.name} version {listing.version} from then on, "
            "for everyone who asks the directory."
        )
    for listing in before.listings:
        is_paused, was = listing.target in after.paused, listing.target in before.paused
        if is_paused != was:
            told = "accepts no new writes, but revocations" if is_paused else "works again"
            yield f"{listing.name} version {listing.version} at {listing.target} {told}."


def _until(member: Member) -> str:
    until = member.suspended_until
    return "a vote lifts it" if until == FOREVER else f"{until:%Y-%m-%d %H:%M:%S} UTC"


def shown(roles: frozenset[Role]) -> str:
    """Return roles in their order."""
    return ", ".join(role.name for role in sorted(roles)) or "no role"


def plain(value: Rule | Threshold) -> str:
    """Name a rule or a threshold for people."""
    return value.name.lower().replace("_", " ")
