"""The tables of the vault: in none of them is a name, an identifier or a key in clear."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()
headers = Table(
    "pyhealth_vault",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("vault", LargeBinary, nullable=False),  # its identifier, 32 random bytes
    Column("chain_id", BigInteger, nullable=False),
    Column("genesis", LargeBinary, nullable=False),
    Column("wrapper", String, nullable=False),  # what the wrapping key is, in words
    Column("wrapped", LargeBinary, nullable=False),  # the root key, under the wrapping key
    Column("spare", LargeBinary, nullable=False),  # the root key, under the recovery key; or empty
    Column("secrets", LargeBinary, nullable=False),  # keys for hashing and recovery, under the root
    Column("policy", LargeBinary, nullable=False),  # how long what is kept, under the root
    Column("changes", BigInteger, nullable=False),  # counts writes, and never goes back
    Column("root", LargeBinary, nullable=False),  # of the tree over all subjects
    Column("mac", LargeBinary, nullable=False),  # over all of the above
)
subjects = Table(
    "pyhealth_vault_subjects",
    metadata,
    Column("tag", LargeBinary, primary_key=True),  # keyed hash of the custodian's identifier
    Column("bucket", Integer, nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),  # its key, under the root; empty: erased
    Column("info", LargeBinary, nullable=False),  # who it is, under its key; once erased: what was
    Column("entry", LargeBinary, nullable=False),  # digest of the subject and its rows
)
rows = Table(
    "pyhealth_vault_rows",
    metadata,
    Column("tag", LargeBinary, primary_key=True),  # whose
    Column("kind", String, primary_key=True),
    Column("name", LargeBinary, primary_key=True, index=True),  # keyed hash
    Column("version", Integer, nullable=False),
    Column("label", LargeBinary, nullable=False),  # the name, under the subject's key
    Column("data", LargeBinary, nullable=False),  # under the subject's key
    Column("digest", LargeBinary, nullable=False),  # of label and data
)
nodes = Table(
    "pyhealth_vault_tree",
    metadata,
    Column("node", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)
