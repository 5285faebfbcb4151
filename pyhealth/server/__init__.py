"""The custodian's gate as an HTTP server, which /openapi.json describes."""

from pyhealth.server.app import create_app
from pyhealth.server.custodian import Custodian

__all__ = ["Custodian", "create_app"]
