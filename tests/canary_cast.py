"""Every workflow of the project, run through the command line with marked values in every field."""

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import ROOT, Cli, Told

from pyhealth.privacy.audit.markers import Canary

SAMPLES = ROOT / "samples"
BORN, NATIONAL, MEMBER_NUMBER = "1931-02-17", "943 476 5919", "M7730415926"
FIELDS = (
    "family name", "given name", "street", "town", "telephone", "email", "passport",
    "physician", "diagnosis", "medication", "allergy", "finding", "note", "addendum",
    "photograph", "therapist", "session", "emergency reason", "review report",
    "consent signature", "guardian", "witness", "consent patient", "consent identifier",
    "consent attachment", "subject", "kept record", "stamped title", "stamped author",
    "stamped text", "reason of a vote", "incident", "investigator", "protocol text",
    "participant", "participant's visit", "participant's value", "consent form", "amendment",
    "analysis plan", "analysis code", "outcome", "enrolment log", "person", "claimant",
    "claim diagnosis", "claim note", "care team", "grounds of an appeal", "agent of an access",
    "entity of an access", "site of an access", "outcome of an access", "served subject", "served record", "served note",
)  # fmt: skip


@dataclass
class Clinic:
    """A house that does everything, and what it leaves behind."""

    cli: Cli
    folder: Path  # where its people work: what they hand in, and what comes of it
    said: Path  # standard output and error of every command
    temporary: Path
    values: dict[str, str] = field(default_factory=dict)
    handed: list[Path] = field(default_factory=list)
    handed_in: str = ""  # all of it
    count: int = 0

    def __post_init__(self) -> None:
        self.values = {
            name: f"Qx{i:02}zJ{i * 7919 % 10007:05}{name[:3]}" for i, name in enumerate(FIELDS)
        }
        self.values |= {"birth": BORN, "national": NATIONAL, "member number": MEMBER_NUMBER}
        self.cli.environment["TMPDIR"] = str(self.temporary)

    @property
    def canaries(self) -> list[Canary]:
        return [Canary(name, value) for name, value in self.values.items()]

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def write(self, name: str, *lines: str) -> Path:
        """A file that people hand in."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        content = "\n".join(lines) + "\n"
        file.write_text(content, "utf-8")
        self.handed.append(file)
        self.handed_in += content
        return file

    def text(self, name: str, *fields: str) -> Path:
        return self.write(name, *(f"{one}: {self[one]}" for one in fields))

    def run(self, *words: object, status: int = 0) -> Told:
        done = self.cli(*words)
        self.count += 1
        (self.said / f"{self.count:03}.out").write_text(done.out)
        (self.said / f"{self.count:03}.err").write_text(done.err)
        assert done.status == status, f"{words}: {done.out}{done.err}"
        return done

    def all(self) -> None:
        """Every workflow."""
        for workflow in (
            self.stamps, self.governs, self.conducts_a_trial, self.shares_records,
            self.keeps_records, self.asks_for_money,
        ):  # fmt: skip
            workflow()

    def stamps(self) -> None:
        letter = self.text("letter.txt", "stamped title", "stamped author", "stamped text")
        self.run("stamp", letter, "--as", "hospital")
        self.run("stamp", letter, "--as", "hospital")
        self.run("verify", letter)
        self.text("letter.txt", "stamped author")
        self.run("verify", letter, status=1)

    def governs(self) -> None:
        reason = self.text("reason.txt", "reason of a vote")
        said = "--reason", reason, "--as", "hospital", "--yes", "--id"
        proposal = self.run("consortium", "propose", "admit", "clinic", "--name", "Clinic", "--roles", "PROVIDER", *said).out.strip()  # fmt: skip
        for member in ("hospital", "insurer", "sponsor", "regulator"):
            self.run("consortium", "vote", proposal, "approve", "--as", member)
        self.run("consortium", "show", proposal, "--reason", reason)
        self.run("consortium", "execute", proposal, "--as", "hospital")
        incident = self.text("incident.txt", "incident")
        said = "--reason", incident, "--as", "insurer", "--yes", "--id"
        self.run("consortium", "propose", "suspend", "Clinic", *said)

    def conducts_a_trial(self) -> None:
        sample = (SAMPLES / "trial/registered.yaml").read_text()
        study = self.write(
            "registered.yaml", sample.replace("Participants' burden score", self["outcome"])
        )
        protocol = self.text("protocol.md", "investigator", "protocol text")
        self.run("trial", "register", study, protocol, "--enrolment", "30d", "--completion", "500d", "--as", "sponsor")  # fmt: skip
        (trial,) = self.run("trial", "list", "--json").json
        self.run("trial", "approve", trial["trial"], "--version", "1", "--as", "ethics")
        form, log = self.text("form.txt", "consent form"), self.text("log.csv", "enrolment log")
        data = self.write("ecrf.csv", "participant,visit,value", *[",".join((self["participant"], self["participant's visit"], self["participant's value"]))] * 3)  # fmt: skip
        study_id = "DEMO-2026-0001"
        self.run("trial", "anchor", study_id, "consent-form", form, "--as", "sponsor")
        self.run("trial", "enrol", study_id, "3", "--log", log, "--as", "sponsor")
        self.run("trial", "anchor", study_id, "data-batch", data, "--records", "--as", "sponsor")
        self.run("trial", "prove", study_id, data, "--record", "2", "--as", "sponsor")
        self.handed += (self.folder / "records").glob("*.csv")  # the record itself, as asked for
        why = self.text("amendment.txt", "amendment")
        self.run("trial", "amend", study_id, self.text("second.md", "protocol text"), "--reason", why, "--as", "sponsor")  # fmt: skip
        self.run("trial", "approve", trial["trial"], "--version", "2", "--as", "ethics")
        self.run("trial", "last-visit", study_id, "--as", "sponsor")
        self.run("trial", "lock", study_id, data, "--records", "--as", "sponsor")
        for kind, name in (("analysis-plan", "analysis plan"), ("analysis-code", "analysis code")):
            self.run("trial", "anchor", study_id, kind, self.text(f"{kind}.txt", name), "--as", "sponsor")  # fmt: skip
        self.run("trial", "unblind", study_id, "--as", "sponsor")
        self.run("trial", "unblind", study_id, "--as", "sponsor", status=1)
        self.run("trial", "show", study_id)
        self.run("trial", "overdue")

    def shares_records(self) -> None:
        subject = self["subject"]
        self.run("privacy", "pseudonym", subject, "--for", "Hospital")
        self.run("privacy", "pseudonym", subject, "--for", "Regulator")
        patient = f"{subject}@Hospital"
        file = self.text("discharge.txt", *FIELDS[:13], "birth", "national", "member number")
        ref = self.run("record", "register", file, "--patient", patient, "--labels", "DOCUMENT", "--as", "hospital", "--ref").out.strip()  # fmt: skip
        other = self.text("session.txt", "photograph", "therapist", "session")
        secret = self.run("record", "register", other, "--patient", patient, "--labels", "DOCUMENT,PSY", "--confidentiality", "R", "--as", "hospital", "--ref").out.strip()  # fmt: skip
        self.run("record", "access", ref, "--purpose", "TREAT", "--as", "hospital", status=1)
        paper = self.text("consent.txt", "consent signature", "guardian", "witness", "birth")
        signed = self.folder / "signed.json"
        self.run("consent", "sign", "grant", "Hospital", "-p", "TREAT", "--document", paper, "--out", signed, "--as", patient)  # fmt: skip
        self.run("consent", "submit", signed, "--as", "stranger")
        self.run("record", "access", ref, "--purpose", "TREAT", "--as", "hospital")
        self.text("discharge.txt", *FIELDS[:13], "addendum")
        self.run("record", "update", ref, file, "--as", "hospital")
        self.run("record", "show", ref, "--file", file)
        reason = self.text("emergency.txt", "emergency reason")
        glass = self.run("record", "break-glass", secret, "--reason", reason, "--as", "hospital", "--id").out.strip()  # fmt: skip
        self.run("record", "access", secret, "--purpose", "BTG", "--as", "hospital")
        report = self.text("report.txt", "review report")
        self.run("record", "sign-review", glass, "justified", "--report", report, "--as", patient)
        self.run("consent", "list", "--patient", patient)
        self.run("consent", "history", "--patient", patient)
        self.run("consent", "decide", "Hospital", "--purpose", "TREAT", "--patient", patient)
        self.run("record", "log", "--patient", patient, "--fhir", self.folder / "log.json", "--html", self.folder / "log.html")  # fmt: skip
        self._exchanges(patient)
        self._anchors_a_log()
        self._serves()

    def _serves(self) -> None:
        """What the vault keeps and the gate serves, and a subject that is erased."""
        other, served = self["served subject"], self.folder / "served.txt"
        file = self.text("served-record.txt", "served record", "served note")
        ref = self.run("record", "register", file, "--subject", other, "--labels", "DOCUMENT", "--as", "hospital", "--ref").out.strip()  # fmt: skip
        opened = "record", "open", ref, "--purpose", "TREAT", "--out", served, "--as", "hospital"
        self.run(*opened, status=1)
        permit = self.folder / "permit.json"
        self.run("consent", "sign", "grant", "Hospital", "-p", "TREAT", "--as", f"{other}@Hospital", "--out", permit)  # fmt: skip
        self.run("consent", "submit", permit, "--as", "stranger")
        self.run(*opened)
        self.handed.append(served)  # the record itself, as asked for
        assert served.read_bytes() == file.read_bytes()
        self.run("privacy", "erase", other, "--yes", "--as", "hospital")
        self.run(*opened, status=1)

    def _exchanges(self, patient: str) -> None:
        consent = json.loads((SAMPLES / "consent/consent.json").read_text())
        consent["patient"] |= {
            "display": self["consent patient"],
            "identifier": {"value": self["consent identifier"]},
        }
        consent["sourceReference"]["display"] = self["consent attachment"]
        file = self.write("consent.json", json.dumps(consent))
        self.run("consent", "import", file, "--member", "Organization/hospital=Hospital", "--dry-run", "--as", patient)  # fmt: skip
        self.run("consent", "export", "--patient", patient, "--out", self.folder / "exported.json")

    def _anchors_a_log(self) -> None:
        known = json.loads((self.folder / "log.json").read_text())
        events = [one["resource"] for one in known["entry"]] if "entry" in known else known
        for one in events:
            one["agent"][0]["name"] = self["agent of an access"]
            one["outcomeDesc"] = self["outcome of an access"]
            one["source"]["site"] = self["site of an access"]
            one["entity"][0]["name"] = self["entity of an access"]
        file = self.write("audit.ndjson", *map(json.dumps, events))
        self.run("record", "anchor", file, "--from", "2026-01-01", "--out", self.folder / "salts.json", "--as", "hospital")  # fmt: skip
        self.run("record", "gaps", file, "--member", "Hospital", "--as", "auditor")

    def keeps_records(self) -> None:
        """What only the library does: bytes of a record into the vault."""
        from pyhealth.config import load_settings
        from pyhealth.health import connect
        from pyhealth.privacy.vault import Kind

        with connect(settings=load_settings(self.cli.environment, ROOT)) as health:
            kept = self["kept record"].encode()
            health.vault.put(self["subject"], Kind.RECORD, self["family name"], kept)
            assert health.vault.get(self["subject"], Kind.RECORD, self["family name"]) == kept

    def asks_for_money(self) -> None:
        self.run("claim", "plan", SAMPLES / "claims/plan.yaml", "--as", "insurer")
        aliases = f"{MEMBER_NUMBER} Patient/one"
        coverages = self.write(
            "coverages.csv",
            "coverage,first_day,last_day,person,plan,waiting_since,secondary,aliases",
            f"C-1001,2025-01-01,,{self['person']},Basic,,no,{aliases}",
        )
        self.run("claim", "coverage", coverages, "--plan", "1", "--as", "insurer")
        self.run("claim", "fund", "100000", "--test-money", "--as", "insurer")
        self.run("claim", "authorise", "C-1001", "--category", "surgery", "--units", "1", "--from", "2025-01-01", "--to", "2025-12-31", "--as", "insurer")  # fmt: skip
        claims = [
            json.loads(line) for line in (SAMPLES / "claims/claims.ndjson").read_text().splitlines()
        ]
        for one in claims[:2]:
            one["patient"] = {
                "reference": "Patient/one",
                "display": self["claimant"],
                "identifier": {"value": MEMBER_NUMBER},
            }
            one["diagnosis"] = [
                {"sequence": 1, "diagnosisCodeableConcept": {"text": self["claim diagnosis"]}}
            ]
            one["careTeam"] = [{"sequence": 1, "provider": {"display": self["care team"]}}]
            one["supportingInfo"] = [
                {"sequence": 1, "category": {"text": "info"}, "valueString": self["claim note"]}
            ]
        file = self.write("claims.ndjson", *map(json.dumps, claims[:2]))
        self.run("claim", "submit", file, "--as", "hospital")
        self.run("claim", "explain", "K-1001", "--as", "hospital")
        grounds = self.text("grounds.txt", "grounds of an appeal")
        self.run("claim", "appeal", "K-1001", "--waive", "price", "--grounds", grounds, "--as", "hospital")  # fmt: skip
        self.run("claim", "remit", self.folder / "remittances", "--as", "hospital")
        self.run("claim", "void", "K-1002", "--as", "hospital")


@pytest.fixture
def clinic(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """A house on the shared chain, with folders of its own for all that it leaves behind."""
    for name in ("work", "said", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return Clinic(cli, tmp_path / "work", tmp_path / "said", tmp_path / "temporary")
