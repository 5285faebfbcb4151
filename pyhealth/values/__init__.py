"""Values of the contracts and of the client; enumerations and structs have the members and order of
Solidity.
"""

from pyhealth.values.claims import *  # noqa: F403
from pyhealth.values.consents import *  # noqa: F403
from pyhealth.values.consortium import *  # noqa: F403
from pyhealth.values.coverage import *  # noqa: F403
from pyhealth.values.notary import *  # noqa: F403
from pyhealth.values.records import *  # noqa: F403
from pyhealth.values.trials import *  # noqa: F403
from pyhealth.values.wire import *  # noqa: F403
