"""What a usual developer would write over the same tables: Strawberry, Tortoise models with relations, a resolver a field.

Dataloaders for people, clubs and posts, as Strawberry's guide shows them; a list is one limited query a parent, since
the ORM has no limit per parent. Parser and validation are cached. It answers the same documents as the hub.
"""
