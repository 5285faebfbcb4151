"""The pen that signs instructions for anyone to hand in: on a chain, or where no node is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyhealth.cli.sharing import EVERYONE, Desk
from pyhealth.cli.shell import opened
from pyhealth.errors import InputError

if TYPE_CHECKING:
    from pyhealth.chain.wallet import Signer
    from pyhealth.hashing import Domain
    from pyhealth.messages import Message
    from pyhealth.values import Grantee, Instruction

ValidOption = Annotated[
    str, typer.Option(metavar="SPAN", help="For how long what is signed can be handed in.")
]
SignerOption = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="A contract wallet that speaks.")
]
UnsignedOption = Annotated[
    bool, typer.Option("--unsigned", help="Leave the signature to the --signer's wallet.")
]
Offline = tuple[int | None, str | None, int | None]  # the next number, the contract, the chain


@dataclass(frozen=True, slots=True)
class Pen:
    """What signs instructions: on a chain, or without a node."""

    domain: Domain
    signer: str  # the account that speaks; may be a contract wallet
    nonce: int
    now: datetime
    desk: Desk | None  # None: no node is asked
    key: Signer | None  # None: another wallet signs

    def account(self, text: str) -> str:
        """Read an account."""
        if self.desk:
            return self.desk.account(text)
        return _account_offline(text, self.domain.chain_id)

    def grantee(self, text: str, study: str | None) -> Grantee:
        """Read whom a directive is for; without a node by number only."""
        from pyhealth.cli.shell import hash_of
        from pyhealth.values import Grantee

        if self.desk:
            return self.desk.grantee(text, study)
        if text.casefold() != EVERYONE and not text.isdecimal():
            raise InputError(f"Without a node a member goes by its number, and {text!r} is none.")
        member = 0 if text.casefold() == EVERYONE else int(text)
        return Grantee(member, hash_of(study, "The study")) if study else Grantee(member)

    def title(self, member: int) -> str:
        """Name a member for people."""
        from pyhealth.consents.words import by_number

        return self.desk.title(member) if self.desk else by_number(member)

    def instruction(self, valid: str, turn: int = 0) -> Instruction:
        """Return how this is signed: now, to be handed in within a time; ``turn`` counts from 0."""
        from datetime import UTC

        from pyhealth.reading import span_of
        from pyhealth.values import Instruction

        signed, length = min(datetime.now(UTC).replace(microsecond=0), self.now), span_of(valid)
        if not length:
            raise InputError(f"--valid {valid} would end at once; give a longer time, such as 14d.")
        return Instruction(self.signer, self.nonce + turn, signed, self.now + length)


def require_wallet(signer: str | None, unsigned: bool) -> None:
    """Refuse to leave a signature to nobody's wallet."""
    if unsigned and not signer:
        raise InputError("--unsigned needs the --signer whose wallet will sign.")


@contextmanager
def held(
    offline: Offline, signer: str | None, unsigned: bool, account: str | None, network: str | None
) -> Iterator[Pen]:
    """Hold a pen; with all of ``offline`` no node is asked."""
    if offline[0] is not None:
        yield _offline(offline, signer, unsigned, account)
        return
    with opened(network, account) as health:
        yield pen_at(Desk.of(health), signer, unsigned)


def pen_at(desk: Desk, signer: str | None, unsigned: bool) -> Pen:
    """Return a pen of the account that acts, or of a contract wallet."""
    consents, key = desk.health.consents, desk.health.signer
    who = desk.account(signer) if signer else key.address
    nonce = consents.nonce_of(who)
    return Pen(consents.domain, who, nonce, desk.now(), desk, None if unsigned else key)


def papers(out: Path, count: int) -> list[Path]:
    """Return the files for what is signed, none of which is there: ``out``, or numbered ones."""
    digits = len(str(count))
    numbered = [out.with_stem(f"{out.stem}-{i:0{digits}}") for i in range(1, count + 1)]
    found = numbered if count > 1 else [out][:count]
    for file in found:
        if file.exists():
            raise InputError(f"{file} exists already; move it away, or name another file.")
    return found


def written(pen: Pen, message: Message, out: Path) -> dict[str, Any]:
    """Sign a message into a file, and describe it."""
    from pyhealth.consents.words import message_in_words
    from pyhealth.messages import SignedMessage

    signed = message.signed_by(pen.key) if pen.key else SignedMessage(message, b"")
    words = message_in_words(message, pen.title)
    said = message.fields
    return {
        "says": words,
        "signer": pen.signer,
        "number": said["nonce"],
        "hand_in_before": pen.now.__class__.fromtimestamp(
            int(str(said["deadline"])), pen.now.tzinfo
        ),
        "signed": bool(pen.key),
        "file": signed.save(out, [words]),
    }


def _offline(
    place: tuple[Any, Any, Any], signer: str | None, unsigned: bool, account: str | None
) -> Pen:
    from datetime import UTC

    from pyhealth.chain.network import address_of
    from pyhealth.cli.shell import local_signer
    from pyhealth.consents.messages import CONTRACT
    from pyhealth.hashing import Domain

    nonce, registry, chain_id = place
    domain = Domain(CONTRACT, chain_id, address_of(registry))
    key = None if unsigned else local_signer(account, chain_id)
    who = _account_offline(signer, chain_id) if signer else key.address if key else ""
    return Pen(domain, who, nonce, datetime.now(UTC).replace(microsecond=0), None, key)


def _account_offline(text: str, chain_id: int) -> str:
    from pyhealth.chain.network import address_of
    from pyhealth.chain.wallet import CAST, cast_address
    from pyhealth.config import LOCAL_CHAIN_IDS

    known = text in CAST and chain_id in LOCAL_CHAIN_IDS
    return cast_address(text) if known else address_of(text)
