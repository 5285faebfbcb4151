"""Benefit plans as FHIR R4 InsurancePlan resources state them.

=============================  ====================================================================
YAML                           InsurancePlan
=============================  ====================================================================
name                           name
currency                       of every Money
deductible, and both maxima    plan.generalCost of type ``deductible``, ``out-of-pocket-maximum``,
                               ``period-maximum``
category                       plan.specificCost.category
price, copay, coinsurance      plan.specificCost.benefit.cost of type ``price`` (or
                               ``price-schedule``, with its file as value.unit), ``copay``,
                               ``coinsurance`` with the code %
unit_limit                     coverage.benefit.limit of the benefit whose type is the category
network_only                   a cost that applies ``in-network``
the rest                       an extension ``urn:pyhealth:NAME`` of plan, or of specificCost, with
                               NAME as in YAML, words parted by ``-``
=============================  ====================================================================

R4 has no place for the rest. What else a resource states is reported, and not carried.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyhealth.adjudication.values import Refused
from pyhealth.errors import InputError
from pyhealth.hashing import digest_of_file
from pyhealth.standards import json_stream
from pyhealth.standards.claims.plan import AMOUNTS, PlanDocument, plan_of
from pyhealth.standards.fhir_elements import Element

OURS = "urn:pyhealth:"
GENERAL = {name.replace("_", "-"): name for name in AMOUNTS.values()}


def read_insurance_plan(file: Path) -> PlanDocument:
    """Read the one InsurancePlan of a file."""
    try:
        found = list(json_stream.resources(file))
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}).") from error
    if refused := next((one for one in found if isinstance(one, Refused)), None):
        raise InputError(str(refused))
    plans = [one[1] for one in found if not isinstance(one, Refused)]
    plans = [one for one in plans if one.get("resourceType") == "InsurancePlan"]
    if len(plans) != 1:
        raise InputError(f"{file} holds {len(plans)} InsurancePlans; one is expected.")
    try:
        content, findings = _content(Element(plans[0], ""))
        mapping, schedule = (_file(content, name) for name in ("mapping", "fee_schedule"))
        return plan_of(
            content,
            digest_of_file(file),
            file.parent / mapping if mapping else None,
            file.parent / schedule if schedule else None,
            tuple(findings),
        )
    except InputError as error:
        raise InputError(f"{file}: {error}") from error


def _file(content: dict[str, Any], name: str) -> str | None:
    """Return the name of a file that goes with the plan."""
    file = content.get(name)
    if file is not None and not (isinstance(file, str) and file and file.isprintable()):
        raise InputError(f"{name} is {file!r}; the name of a file is expected.")
    return file


def _content(root: Element) -> tuple[dict[str, Any], list[str]]:
    """Return what the resource says under the names of the YAML form, and what was left out."""
    if len(plans := root.many("plan")) != 1:
        raise InputError(f"the InsurancePlan has {len(plans)} plans; one is expected.")
    plan, findings = plans[0], list[str]()
    content: dict[str, Any] = {"name": root.text("name"), **dict(_extensions(plan))}
    for cost in plan.many("generalCost"):
        if name := GENERAL.get(cost.code("type")):
            money = cost.one("cost")
            content[name] = money.number("value")
            _agree(content, money.text("currency"))
        else:
            findings.append(f"{cost.path} of type {cost.code('type')!r} is not carried")
    limits = dict(_limits(root))
    content["benefits"] = [
        _benefit(one, content, limits, findings) for one in plan.many("specificCost")
    ]
    return content, findings


def _benefit(
    specific: Element, content: dict[str, Any], limits: dict[str, int], findings: list[str]
) -> dict[str, Any]:
    category = specific.code("category")
    found: dict[str, Any] = {"category": category, **dict(_extensions(specific))}
    if category in limits:
        found["unit_limit"] = limits[category]
    for cost in (cost for benefit in specific.many("benefit") for cost in benefit.many("cost")):
        kind, value = cost.code("type"), cost.maybe("value")
        if value is None or kind not in ("price", "price-schedule", "copay", "coinsurance"):
            findings.append(f"{cost.path} of type {kind!r} is not carried")
        elif cost.code("applicability") == "out-of-network":
            findings.append(f"{cost.path} is not carried: another price outside the network")
        else:
            _add(found, content, cost, kind, value)
    return found


def _add(
    found: dict[str, Any], content: dict[str, Any], cost: Element, kind: str, value: Element
) -> None:
    if cost.code("applicability") == "in-network":
        found["network_only"] = True
    if kind == "price-schedule":
        found["price"], content["fee_schedule"] = "schedule", value.text("unit")
    elif kind == "coinsurance":
        if value.optional("code") != "%":
            raise InputError(f"{value.path}.code is no %; a coinsurance is a share.")
        found[kind] = value.number("value")
    else:
        found[kind] = value.number("value")
        _agree(content, value.optional("code") or value.text("unit"))


def _agree(content: dict[str, Any], currency: str) -> None:
    if content.setdefault("currency", currency) != currency:
        raise InputError(f"the plan is in {content['currency']} and {currency}; keep one currency.")


def _limits(root: Element) -> Iterator[tuple[str, int]]:
    """Yield the unit limit of each category that has one."""
    for benefit in (one for cover in root.many("coverage") for one in cover.many("benefit")):
        for limit in benefit.many("limit"):
            units = limit.one("value").number("value")
            if not 0 <= units <= 65_535 or units % 1:
                raise InputError(f"{limit.path}.value is {units}; a whole number is expected.")
            yield benefit.code("type"), int(units)


def _extensions(element: Element) -> Iterator[tuple[str, Any]]:
    """Yield our extensions by their names in YAML."""
    for extension in element.many("extension"):
        if (url := extension.text("url")).startswith(OURS):
            values = [value for key, value in extension.value.items() if key.startswith("value")]
            yield url.removeprefix(OURS).replace("-", "_"), values[0] if values else None
