from hub.graph.users.accounts import AccountMutations
from hub.graph.users.blocks import BlockMutations
from hub.graph.users.sanctions import SanctionMutations
from hub.graph.users.sessions import SessionMutations


class UserMutations(SessionMutations, AccountMutations, SanctionMutations, BlockMutations):
    pass
