"""One audit: what is looked for, where it was looked for, and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pyhealth.chain.network import Chain
from pyhealth.privacy.audit.files import Files
from pyhealth.privacy.audit.guesses import Words, candidates
from pyhealth.privacy.audit.links import linked, public_words, views
from pyhealth.privacy.audit.markers import Canary, encodings
from pyhealth.privacy.audit.pieces import Piece, Place
from pyhealth.privacy.audit.search import Search
from pyhealth.privacy.audit.trail import Sent, Trail
from pyhealth.progress import Progress, silent

CANARY, GUESS, LINK = "canary", "guessable hash", "link"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be there; what it is goes by its name, not by its value."""

    kind: str
    what: str
    how: str
    place: Place
    where: str

    @property
    def leak(self) -> bool:
        """Whether it is out: the owner's own books hold clear data by their purpose."""
        return self.place is not Place.BOOK


@dataclass
class Report:
    """What an audit found, and what it rests on."""

    findings: list[Finding]
    encodings: int
    guesses: int  # values whose hashes were computed
    pseudonyms: int
    pieces: dict[Place, int]
    bytes: dict[Place, int]
    transactions: int
    files: int
    notes: list[str]

    @property
    def leaks(self) -> list[Finding]:
        """The findings that count."""
        return [one for one in self.findings if one.leak]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an audit looks for."""

    canaries: Sequence[Canary] = ()
    dictionary: Path | None = None
    born_until: date | None = None  # dates up to then are guessed; None: none are
    subjects: Mapping[str, str] = field(default_factory=dict, repr=False)  # of pseudonyms


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an audit looks."""

    chain: Chain | None
    contracts: Mapping[str, str]  # of the suite: their addresses by name
    first_block: int
    home: Path
    others: Sequence[Path] = ()
    handed: Sequence[Path] = ()  # files that say what to look for: they hold it
    whole_chain: bool = True
    own: Sequence[bytes] = ()  # hashes of transactions that this client sent


def inspect(wanted: Wanted, scene: Scene, progress: Progress = silent) -> Report:
    """Look for all that is wanted, everywhere."""
    patterns = _patterns(wanted.canaries)
    search, words = Search(patterns), Words()
    files = Files(scene.home, scene.others, scene.handed, overlap=max(search.longest, 64))
    trail = _trail(scene)
    sent: list[Sent] = []
    if trail:
        read = trail.whole() if scene.whole_chain else trail.known(scene.own)
        sent = list(progress(read, "reading the chain", 0))
    report = Report([], len(patterns), 0, len(wanted.subjects), {}, {}, len(sent), 0, [])
    seen: dict[tuple[str, str, Place, str], Finding] = {}
    for piece in progress(_pieces(sent, trail, files), "searching", 0):
        report.pieces[piece.place] = report.pieces.get(piece.place, 0) + 1
        report.bytes[piece.place] = report.bytes.get(piece.place, 0) + len(piece.data)
        for _, pattern in search.find(piece.data):
            name, how = patterns[pattern]
            found = Finding(CANARY, name, how, piece.place, piece.where)
            seen.setdefault((name, how, piece.place, piece.where), found)
        for word in piece.words():
            words.add(word, (piece.place.value, piece.where))
    report.findings += seen.values()
    report.findings += _guessed(wanted, words, report, progress)
    report.findings += _linked(wanted, scene, sent)
    report.files = files.count
    report.notes += [*(trail.notes if trail else ()), *files.notes]
    if not wanted.subjects:
        report.notes.append(
            "Links were not looked for: no vault is open that knows whose the pseudonyms are."
        )
    return report


def _trail(scene: Scene) -> Trail | None:
    if scene.chain is None:
        return None
    return Trail(scene.chain, list(scene.contracts.values()), scene.first_block)


def _patterns(canaries: Sequence[Canary]) -> dict[bytes, tuple[str, str]]:
    found: dict[bytes, tuple[str, str]] = {}
    for canary in canaries:
        for pattern, how in encodings(canary.value).items():
            found.setdefault(pattern, (canary.name, how))
    return found


def _pieces(sent: Iterable[Sent], trail: Trail | None, files: Files) -> Iterator[Piece]:
    for one in sent:
        yield from one.pieces()
    if trail:
        yield from trail.storage()
    yield from files.pieces()


def _guessed(wanted: Wanted, words: Words, report: Report, progress: Progress) -> Iterator[Finding]:
    tried = candidates(wanted.dictionary, wanted.born_until)
    found: set[tuple[str, str, str]] = set()
    for what, text in progress(tried, "guessing", 0):
        report.guesses += 1
        for how, (place, where) in words.opened(text):
            if (what, how, where) not in found:
                found.add((what, how, where))
                yield Finding(GUESS, what, how, Place(place), where)


def _linked(wanted: Wanted, scene: Scene, sent: Sequence[Sent]) -> Iterator[Finding]:
    if not wanted.subjects or not sent:
        return
    public = public_words(sent, scene.contracts)
    told: set[tuple[str, str]] = set()
    for link in linked(views(sent, wanted.subjects), public):
        pair = link.first, link.second
        if wanted.subjects[link.first] == wanted.subjects[link.second] and pair not in told:
            told.add(pair)
            where = f"{link.first} and {link.second} are one person's"
            yield Finding(LINK, where, f"both with 0x{link.word.hex()}", Place.LOG, "the chain")
