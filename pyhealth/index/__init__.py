"""Every event of the suite in a database: SQLite by default, PostgreSQL by URL.

What is kept follows the chain through reorganisations, and can be rebuilt from it at any time.
"""

from pyhealth.index.events import Event, Value
from pyhealth.index.index import Index, Source, Synced, open_index, sources_of

__all__ = ["Event", "Index", "Source", "Synced", "Value", "open_index", "sources_of"]
