"""Brownie's own way through the suite: it compiles, deploys, anchors and reads back.

notary
└── when a sponsor anchors a digest through Brownie
    ├── it is anchored under the sponsor
    └── it says so in an event
"""

DIGEST = "0x" + "a1" * 32


def test_anchor_is_kept_under_its_author(Notary, accounts, chain):
    sponsor, stranger = accounts[:2]
    notary = sponsor.deploy(Notary)

    receipt = notary.anchor(DIGEST, {"from": sponsor})

    assert notary.anchorOf(sponsor, DIGEST)[0] == chain[receipt.block_number].timestamp
    assert notary.anchorOf(stranger, DIGEST)[0] == 0
    assert receipt.events["DigestAnchored"]["digest"] == DIGEST
