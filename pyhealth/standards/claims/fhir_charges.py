"""What the items of a FHIR R4 Claim charge."""

from __future__ import annotations

from decimal import Decimal

from pyhealth.adjudication.money import amount_of, currency_of
from pyhealth.errors import InputError
from pyhealth.standards.fhir_elements import Element


def currency_in(root: Element, items: list[Element]) -> str:
    """Return the one currency of all amounts."""
    stated = [root.maybe("total")]
    stated += [item.maybe(name) for item in items for name in ("net", "unitPrice")]
    found = {currency_of(money.text("currency")) for money in stated if money}
    if len(found) != 1:
        named = " and ".join(sorted(found)) or "no amount"
        raise InputError(f"the claim has {named}; one currency is expected.")
    return found.pop()


def total_of(root: Element, currency: str) -> Decimal | None:
    money = root.maybe("total")
    return amount_of(money.number("value"), currency, "total") if money else None


def charges_of(
    root: Element, items: list[Element], currency: str, lenient: bool, findings: list[str]
) -> list[Decimal | None]:
    """Return what each item charges; one without an amount charges what the total leaves.

    Where several have none, the first charges it and the others are left out, if that is lenient.
    """
    charges = [_charge(item, currency, lenient, findings) for item in items]
    bare = [i for i, charge in enumerate(charges) if charge is None]
    total = total_of(root, currency)
    if not bare:
        return charges
    first, others = items[bare[0]], len(bare) - 1
    if total is None or (others and not lenient):
        raise InputError(f"{first.path} has neither a net nor a unitPrice; state its charge.")
    rest = total - sum((charge for charge in charges if charge is not None), Decimal(0))
    charges[bare[0]] = amount_of(rest, currency, f"what the total leaves for {first.path},")
    findings.append(f"{first.path} is taken to charge what the total leaves, {rest}")
    if others:
        left = ", ".join(items[i].path for i in bare[1:])
        findings.append(f"{left}: left out, since no amount is stated")
    return charges


def _charge(item: Element, currency: str, lenient: bool, findings: list[str]) -> Decimal | None:
    net, price = item.maybe("net"), item.maybe("unitPrice")
    what = f"{item.path}.net"
    stated = amount_of(net.number("value"), currency, what) if net else None
    if price is None or item.many("detail"):  # the net of a group is the sum of its details
        return stated
    quantity = item.maybe("quantity")
    factor = item.number("factor") if item.has("factor") else Decimal(1)
    count = quantity.number("value") if quantity else Decimal(1)
    try:
        priced = round(price.number("value") * factor * count, 6)
    except ArithmeticError as error:
        raise InputError(f"{item.path}.unitPrice is no amount; write 2450.50.") from error
    if stated is None:
        return amount_of(priced, currency, f"{item.path}.unitPrice times quantity")
    if abs(priced - stated) >= Decimal("0.01"):
        told = f"{item.path}.net is {stated} and unitPrice, factor and quantity make {priced:f}"
        if not lenient:
            raise InputError(f"{told}; correct one of them.")
        findings.append(f"{told}; the net stands")
    return stated
