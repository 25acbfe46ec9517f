"""All rows, in the order of their promises."""

from tests.cures.abuse import ABUSE
from tests.cures.attacks import ATTACKS
from tests.cures.http import HTTP
from tests.cures.identity import IDENTITY
from tests.cures.numbers import NUMBERS
from tests.cures.sockets import SOCKETS

CURES = (*HTTP, *SOCKETS, *ATTACKS, *IDENTITY, *ABUSE, *NUMBERS)
