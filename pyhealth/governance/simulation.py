"""What a proposal would do if it were executed now: tried on a copy of the chain's state, in the
name of the consortium, before anyone votes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyhealth.chain.refusals import decode_refusal
from pyhealth.consortium import Consortium
from pyhealth.errors import CodeMissing, ContractError, RpcRefused, UnknownRefusal
from pyhealth.governance.describing import describe
from pyhealth.governance.register import Ask, Register, changes, register_of
from pyhealth.values import Action, Threshold

ABOUT_MEMBER = frozenset(  # whose first argument is a member, which does not vote on it
    {"remove", "setRoles", "replaceAccount", "suspend", "suspendUntilLifted", "reinstate"}
)


@dataclass(frozen=True, slots=True)
class Effect:
    """One action, and what would come of it."""

    action: Action
    words: str
    refusal: ContractError | None  # None: it would pass
    reached: bool = True  # False: an action before it fails, and with it the whole proposal


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a proposal needs, and what it would do."""

    effects: tuple[Effect, ...]
    changes: tuple[str, ...]  # in words; empty where an action fails
    threshold: Threshold  # the strongest of its actions
    needed: int  # approvals, at the seats of now
    seats: int
    subject: int  # the member that it is about, which does not vote; zero when about none
    together: bool  # False: the node can try each action alone only, not one after another

    @property
    def refusal(self) -> ContractError | None:
        """Why the proposal would fail, or nothing."""
        return next((one.refusal for one in self.effects if one.refusal), None)


def simulate(consortium: Consortium, actions: Sequence[Action]) -> DryRun:
    """Try the actions of a proposal one after another, and say what would come of them."""
    before = register_of(consortium)
    words = [describe(one, consortium, before) for one in actions]
    refusals, after = _tried(consortium, actions)
    failing = next((i for i, refusal in enumerate(refusals) if refusal), len(actions))
    effects = [
        Effect(one, said, refusal if i <= failing else None, reached=i <= failing)
        for i, (one, said, refusal) in enumerate(zip(actions, words, refusals, strict=True))
    ]
    needs = [consortium.threshold_of(one.target, one.data[:4]) for one in actions]
    threshold = max(needs, default=Threshold.NONE)
    seats = len(before.members)
    return DryRun(
        tuple(effects),
        tuple(changes(before, after)) if after and failing == len(actions) else (),
        threshold,
        threshold.needed(seats),
        seats,
        _subject(consortium, actions),
        together=after is not None,
    )


def _tried(
    consortium: Consortium, actions: Sequence[Action]
) -> tuple[list[ContractError | None], Register | None]:
    """Return what each action would be refused with, and the register after all of them."""
    me, chain = consortium.binding.address, consortium.binding.chain
    calls = [{"from": me, "to": one.target, "data": "0x" + one.data.hex()} for one in actions]
    try:
        answers = _together(consortium, calls)
    except RpcRefused:  # a node without eth_simulateV1
        alone = chain.rpc.batch([("eth_call", [call, "latest"]) for call in calls])
        told = [_refusal(one.data) if isinstance(one, RpcRefused) else None for one in alone]
        after = None
    else:
        told = [_outcome(answer) for answer in answers]
        after = None if any(told) else Register.read(_ask_after(consortium, calls))
    codeless = [None if chain.code(one.target) else CodeMissing(one.target) for one in actions]
    return [missing or refusal for missing, refusal in zip(codeless, told, strict=True)], after


def _together(consortium: Consortium, calls: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """Run calls one after another on the state of now."""
    asked = {"blockStateCalls": [{"calls": list(calls)}]}
    (block,) = consortium.binding.chain.rpc.call("eth_simulateV1", asked, "latest")
    return list(block["calls"])


def _ask_after(consortium: Consortium, calls: Sequence[dict[str, str]]) -> Ask:
    """Return what asks the consortium's views after the calls."""
    binding = consortium.binding

    def ask(asked: Sequence[tuple[str, tuple[Any, ...]]]) -> list[Any]:
        encoded = [binding.encode(name, *arguments) for name, arguments in asked]
        views = [{"to": binding.address, "data": "0x" + one.data.hex()} for one in encoded]
        answers = _together(consortium, [*calls, *views])[len(calls) :]
        told = zip(asked, answers, strict=True)
        return [binding.decode(name, _bytes(one["returnData"])) for (name, _), one in told]

    return ask


def _outcome(answer: dict[str, Any]) -> ContractError | None:
    if int(answer["status"], 16):
        return None
    error = answer.get("error") or {}
    return _refusal(_bytes(error.get("data") or answer.get("returnData") or "0x"))


def _refusal(data: bytes) -> ContractError:
    return decode_refusal(data) or UnknownRefusal("no reason", "")


def _subject(consortium: Consortium, actions: Sequence[Action]) -> int:
    selectors = {consortium.binding.selector(name) for name in ABOUT_MEMBER}
    about = (
        int.from_bytes(one.data[4:36])
        for one in actions
        if one.target == consortium.binding.address and one.data[:4] in selectors
    )
    return next((member for member in about if member), 0)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
