"""Putting JSON together in SQL, written once for both databases: `Dialect` holds what differs."""

from dataclasses import dataclass

_PERSON = {"displayName": "display_name", "avatarUrl": "avatar_url"}


@dataclass(frozen=True)
class Dialect:
    name: str

    @property
    def _postgres(self) -> bool:
        return self.name == "postgres"

    def join(self, *parts: str) -> str:
        return f"concat({', '.join(parts)})" if self._postgres else f"({' || '.join(parts)})"

    def text(self, value: str) -> str:
        return f"to_json({value})" if self._postgres else f"json_quote({value})"

    def time(self, value: str) -> str:
        if self._postgres:
            return rf"""to_char({value} at time zone 'UTC', '\"YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\"')"""
        return f"""('"' || {value} || '"')"""

    def base64(self, value: str) -> str:
        # SQLite has none; the server registers one.
        return f"encode(convert_to({value}, 'UTF8'), 'base64')" if self._postgres else f"base64({value})"

    def flag(self, condition: str) -> str:
        return f"case when {condition} then 'true' else 'false' end"

    def id(self, noun: str, value: str) -> str:
        return self.join("""'"'""", self.base64(self.join(f"'{noun}:'", value)), """'"'""")

    def object(self, **fields: str) -> str:
        parts: list[str] = []
        for place, (name, value) in enumerate(fields.items()):
            parts += [f"""'{"," if place else "{"}"{name}":'""", value]
        return self.join(*parts, "'}'")

    def list(self, item: str, rows: str, alias: str) -> str:
        """What `item` makes of each row of a subquery, in its order."""
        gather = "string_agg" if self._postgres else "group_concat"
        return self.join("'['", f"coalesce((select {gather}({item}, ',') from ({rows}) {alias}), '')", "']'")

    def nodes(self, item: str, rows: str, alias: str) -> str:
        return self.object(nodes=self.list(item, rows, alias))

    def page(self, item: str, size: int, cursor: str) -> str:
        """A connection over the first `size` rows of the query named `page`, which has one more if there is more."""
        info = self.object(
            hasNextPage=self.flag(f"exists (select 1 from page where place > {size})"),
            endCursor=f"(select {cursor} from page p where place = (select max(place) from page where place <= {size}))",
        )
        return self.object(
            nodes=self.list(item, f"select * from page where place <= {size} order by place", "p"), pageInfo=info
        )

    def cursor(self, *values: str) -> str:
        """The hub's own: base64 of a JSON list, without its padding."""
        parts = [part for value in values for part in ("','", value)][1:]
        encoded = self.base64(self.join("'['", *parts, "']'"))
        return self.join("""'"'""", f"rtrim({encoded}, '=')", """'"'""")

    def person(self, user_id: str, *columns: str) -> str:
        shown = {name: self.text(f"u.{column}") for name, column in _PERSON.items() if column in columns}
        return f"(select {self.object(id=self.id('User', 'u.id'), **shown)} from users u where u.id = {user_id})"
