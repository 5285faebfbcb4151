"""One audit: what is looked for, where it was looked for, and what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pyhealth.chain.network import Chain
from pyhealth.privacy.audit.databases import Databases
from pyhealth.privacy.audit.files import Files
from pyhealth.privacy.audit.guesses import Words, candidates
from pyhealth.privacy.audit.links import linked, public_words, views
from pyhealth.privacy.audit.markers import Canary, encodings
from pyhealth.privacy.audit.pieces import Piece, Place
from pyhealth.privacy.audit.search import Search
from pyhealth.privacy.audit.trail import Sent, Trail
from pyhealth.progress import Progress, silent

CANARY, GUESS, LINK = "canary", "guessable hash", "link"
LONGEST_WORD = 256  # bytes of a hash in text, with what stands around it
NO_VAULT = "Links were not looked for: no vault is open that knows whose the pseudonyms are."


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
    pieces: Mapping[Place, int]
    bytes: Mapping[Place, int]
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
    databases: Sequence[str] = ()  # addresses of those that are no files of the data folder
    own: Sequence[bytes] = ()  # hashes of transactions that this client sent


@dataclass
class _Search:
    """What is looked for in each piece, and what was found so far."""

    patterns: Mapping[bytes, tuple[str, str]]  # canary and encoding
    search: Search
    words: Words = field(default_factory=Words)
    findings: dict[Finding, None] = field(default_factory=dict)
    pieces: Counter[Place] = field(default_factory=Counter)
    bytes: Counter[Place] = field(default_factory=Counter)

    def look(self, piece: Piece) -> None:
        """Look into a piece, and keep its words for guessing."""
        self.pieces[piece.place] += 1
        self.bytes[piece.place] += len(piece.data)
        for _, pattern in self.search.find(piece.data):
            found = Finding(CANARY, *self.patterns[pattern], piece.place, piece.where)
            self.findings[found] = None
        for word in piece.words():
            self.words.add(word, (piece.place.value, piece.where))


def inspect(wanted: Wanted, scene: Scene, progress: Progress = silent) -> Report:
    """Look for all that is wanted, everywhere."""
    patterns = _patterns(wanted.canaries)
    search = _Search(patterns, Search(patterns))
    overlap = max(search.search.longest, LONGEST_WORD)
    files = Files(scene.home, scene.others, scene.handed, overlap)
    trail, databases = _trail(scene), Databases(scene.databases)
    sent = list(progress(_sent(trail, scene), "reading the chain", 0))

    for piece in progress(_pieces(sent, trail, files, databases), "searching", 0):
        search.look(piece)
    guesses = _Guesses(search.words)
    guessed = list(guesses.findings(progress(_candidates(wanted), "guessing", 0)))

    notes = [*(trail.notes if trail else ()), *files.notes, *databases.notes]
    return Report(
        [*search.findings, *guessed, *_linked(wanted, scene, sent)],
        len(patterns),
        guesses.count,
        len(wanted.subjects),
        search.pieces,
        search.bytes,
        len(sent),
        files.count,
        notes if wanted.subjects else [*notes, NO_VAULT],
    )


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


def _sent(trail: Trail | None, scene: Scene) -> Iterable[Sent]:
    if trail is None:
        return ()
    return trail.whole() if scene.whole_chain else trail.known(scene.own)


def _pieces(
    sent: Iterable[Sent], trail: Trail | None, files: Files, databases: Databases
) -> Iterator[Piece]:
    for one in sent:
        yield from one.pieces()
    if trail:
        yield from trail.storage()
    yield from files.pieces()
    yield from databases.pieces()


def _candidates(wanted: Wanted) -> Iterator[tuple[str, str]]:
    return candidates(wanted.dictionary, wanted.born_until)


@dataclass
class _Guesses:
    words: Words
    count: int = 0

    def findings(self, tried: Iterable[tuple[str, str]]) -> Iterator[Finding]:
        """Yield each word that a guess opens, once."""
        found: set[Finding] = set()
        for what, text in tried:
            self.count += 1
            for how, (place, where) in self.words.opened(text):
                one = Finding(GUESS, what, how, Place(place), where)
                if one not in found:
                    found.add(one)
                    yield one


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
