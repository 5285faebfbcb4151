"""The custodian's gate as an HTTP server, with an OpenAPI description at /docs."""

from pyhealth.server.app import create_app
from pyhealth.server.custodian import Custodian

__all__ = ["Custodian", "create_app"]
