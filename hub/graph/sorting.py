from enum import Enum

import strawberry


@strawberry.enum(description="Order of comments; replies always keep the order of their numbers below a parent.")
class CommentSort(Enum):
    OLDEST = strawberry.enum_value("OLDEST", description="By number, rising.")
    NEWEST = strawberry.enum_value("NEWEST", description="By number, falling.")
