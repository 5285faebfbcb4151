"""Signed instructions handed in: whoever is first, the signer's will is done, and done once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pyhealth.chain.transactions import Receipt
from pyhealth.consents.messages import (
    APPOINTMENT,
    CANCELLATION,
    CONTEST,
    CONTRACT,
    DENY,
    DISMISSAL,
    GRANT,
    MOVE_REQUEST,
    REVOCATION,
    terms_of,
)
from pyhealth.consents.registry import ConsentRegistry, Given
from pyhealth.errors import ContractError, InputError, InstructionFromFuture
from pyhealth.index import Event, Index
from pyhealth.messages import Message, SignedMessage
from pyhealth.values import Provision, Terms, directive_of

SKEW = timedelta(seconds=60)  # by which a signer's clock may run ahead of the chain's
PAUSE = 1.0  # seconds
TERMS = Terms.__slots__
PROVISIONS = {GRANT: Provision.PERMIT, DENY: Provision.DENY}
Does = Callable[[ConsentRegistry, SignedMessage], "Given | Receipt"]
# What an instruction of each kind calls, and the event of what it does.
DOES: dict[str, tuple[Does, str]] = {
    GRANT: (ConsentRegistry.grant_by_signature, "DirectiveGiven"),
    DENY: (ConsentRegistry.deny_by_signature, "DirectiveGiven"),
    REVOCATION: (ConsentRegistry.revoke_by_signature, "DirectiveRevoked"),
    APPOINTMENT: (ConsentRegistry.appoint_by_signature, "RepresentativeAppointed"),
    DISMISSAL: (ConsentRegistry.dismiss_by_signature, "RepresentativeDismissed"),
    CONTEST: (ConsentRegistry.contest_move_by_signature, "MoveContested"),
    MOVE_REQUEST: (ConsentRegistry.request_move_by_signature, "MoveRequested"),
    CANCELLATION: (ConsentRegistry.cancel_by_signature, "InstructionCancelled"),
}


@dataclass(frozen=True, slots=True)
class HandedIn:
    """Where an instruction was followed."""

    transaction: bytes
    block_number: int
    before: bool  # somebody else was first


def hand_in(registry: ConsentRegistry, index: Index, signed: SignedMessage) -> HandedIn:
    """Hand an instruction in, or find that it was handed in before."""
    if not signed.signature:
        raise InputError("The instruction has no signature; hand one in with --signature.")
    if signed.message.domain != registry.domain:
        at, ours = signed.message.domain, registry.domain
        raise InputError(
            f"The instruction is for {at.contract} on chain {at.chain_id}, and this is "
            f"{ours.contract} on chain {ours.chain_id}; name the network with --network."
        )
    send, _ = DOES[signed.message.kind]
    try:
        done = _in_time(lambda: send(registry, signed))
    except ContractError:
        if event := followed(index, signed.message):
            return HandedIn(event.transaction, event.block_number, before=True)
        raise
    receipt = done.receipt if isinstance(done, Given) else done
    return HandedIn(receipt.transaction, receipt.block_number, before=False)


def followed(index: Index, message: Message) -> Event | None:
    """Return the event of what an instruction did, where just this one was followed."""
    index.sync()
    _, effect = DOES[message.kind]
    said: Any = message.fields
    for turn in index.events(CONTRACT, "InstructionFollowed", {"signer": said["signer"]}):
        if turn.arguments["nonce"] != said["nonce"]:
            continue
        block = turn.block_number
        for event in index.events(CONTRACT, effect, first=block, last=block):
            next_to = abs(event.log_index - turn.log_index) == 1
            if event.transaction == turn.transaction and next_to and _says(event, message):
                return event
    return None


def _says(event: Event, message: Message) -> bool:
    """Say whether an event is of what a message asks for."""
    said, told = message.fields, dict(event.arguments)
    if isinstance(word := told.pop("directive", None), int):
        directive = directive_of(word)
        if message.kind == REVOCATION:
            told |= {"place": directive.place, "version": directive.version}
        else:
            terms, provision = terms_of(said), PROVISIONS[message.kind]
            same = all(getattr(directive, name) == getattr(terms, name) for name in TERMS)
            if not same or directive.provision is not provision:
                return False
    by = told.get("by", said["signer"])
    shared = said.keys() & told.keys()
    return by == said["signer"] and all(said[name] == told[name] for name in shared)


def _in_time(send: Callable[[], Given | Receipt]) -> Given | Receipt:
    """Send; wait for the chain's clock where the signer's runs a little ahead."""
    began = datetime.now(UTC)
    while True:
        try:
            return send()
        except InstructionFromFuture as early:
            now = datetime.now(UTC)
            if max(early.signed_at - now, now - began) > SKEW:
                raise
            time.sleep(PAUSE)
