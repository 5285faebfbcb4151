"""What each contract processes, as the register of processing tells it (GDPR Art. 30(1) b to f)."""

from __future__ import annotations

from dataclasses import dataclass

NODES = "everyone who reads the chain"
ERASED = (
    "Salts, keys and documents are destroyed with the subject ('pyhealth privacy erase'); what "
    "stands on the chain stays, and then opens to nobody."
)
STAYS = "Stays with the chain; it names no natural person."
PATIENTS = "patients"


@dataclass(frozen=True, slots=True)
class Activity:
    """One processing activity."""

    name: str
    purposes: str
    subjects: str  # categories of data subjects
    on_chain: str  # categories of personal data, pseudonymous
    off_chain: str
    recipients: str
    erasure: str


ACTIVITIES = {
    "ClaimAdjudicator": Activity(
        "Reimbursement of care",
        "Deciding and paying claims for care under a benefit plan",
        "insured persons",
        "amounts, dates and categories of service; salted commitments to service codes and claim "
        "numbers; claims of one coverage can be told to belong together",
        "claims with codes, claim and coverage numbers, salts (provider and payer)",
        f"the payer, the provider, members of an appeal's panel; {NODES}",
        ERASED,
    ),
    "ConsentRegistry": Activity(
        "Consent of patients",
        "Keeping and proving what a patient permits and refuses, and who speaks for them",
        f"{PATIENTS} and their representatives",
        "a pseudonymous address for each relationship; codes of purposes, data and actions; "
        "periods; a salted commitment to the consent document",
        "the consent document and its salt; the pseudonym's secret",
        f"the members that a directive names; {NODES}",
        ERASED,
    ),
    "Consortium": Activity(
        "Governance of the consortium",
        "Deciding who belongs, who may do what, and which contracts are used",
        "nobody: members are organisations; staff whose keys act for one are known to it alone",
        "names, accounts and roles of organisations; ballots; salted commitments to reasons",
        "the reasons and their salts",
        f"all members; {NODES}",
        STAYS,
    ),
    "CoverageRegistry": Activity(
        "Insurance coverage",
        "Publishing benefit plans, and keeping who is covered and what was authorised",
        "insured persons",
        "a reference for each coverage, its plan and period; salted commitments to the person and "
        "to authorisations",
        "numbers of persons and coverages, salts (payer)",
        f"the payer, providers that were handed a coverage; {NODES}",
        ERASED,
    ),
    "MedicineRegistry": Activity(
        "Verification of medicines",
        "Tracing packs from manufacturer to dispensing, and recalling them",
        "nobody: a pack is not dispensed to a name",
        "products, lots, keyed commitments to serial numbers, states of packs",
        "serial numbers (manufacturer, pharmacy)",
        f"manufacturers, distributors, pharmacies; {NODES}",
        STAYS,
    ),
    "Notary": Activity(
        "Timestamps of documents",
        "Proving since when a document exists, and who said so",
        "whoever the documents are about",
        "salted commitments, or roots over many; a digest alone where --unsalted was chosen",
        "the documents, and proof files with their salts",
        f"whoever is handed a document and its proof; {NODES}",
        ERASED,
    ),
    "RecordRegistry": Activity(
        "Access to health records",
        "Deciding each request for a record by the patient's consent, and proving every access",
        f"{PATIENTS}; staff through the account that acts for their member",
        "the patient's pseudonymous address, kind and confidentiality of a record, a salted "
        "commitment to it; who asked when, for what purpose, and what was decided",
        "the records and their salts; the custodian's audit log",
        f"the custodian, members that ask, the patient; {NODES}",
        ERASED,
    ),
    "TrialRegistry": Activity(
        "Clinical trials",
        "Proving the order and content of a trial's phases",
        "trial participants, as a count",
        "roots over salted data records, counts, dates of phases",
        "protocols, outcome lists, data records and their salts (sponsor)",
        f"ethics boards, whoever is handed a document and its proof; {NODES}",
        ERASED,
    ),
}  # fmt: skip
