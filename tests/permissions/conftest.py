from tests.users.conftest import _cheap_hashes

__all__ = ["_cheap_hashes"]
