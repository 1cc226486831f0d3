"""What a table is to hold once what went wrong in it is taken back: statements over three tables. Pure.

Rows are told apart by their content alone. Each content has three numbers of rows: before it went wrong,
after it, and now. Where rows became fewer they come back, where they became more they go, unless somebody
wrote rows of the same key since.
"""

from manifests.fingerprint import compared_columns
from manifests.ids import PartitionId
from manifests.partitions import in_partitions
from manifests.sql import expression, quoted
from manifests.values import Resource, Value

_CONTENT, _KEY, _NTH, _NEWEST = (f"rebound_{name}_" for name in ("content", "key", "nth", "newest"))


class Merge(Value):
    """Three states of some partitions of a table, and what is to be made of them.

    Attributes:
        before: The full id of a table with the rows before it went wrong.
        after: That of one with the rows after it.
        live: That of the table as it is.
        resource: Its columns and partitioning.
        partitions: The partitions that went wrong.
        key: The columns that tell which row is which; where there are none, its content does.
        where: Only keys of which a row, then or now, meets this condition; all when empty.
        once: Whether of equal rows that come back only one does.
        newest: Of rows of one key only the one comes back that has most in this column, and none
            where the key has a row; empty for all.
    """

    before: str
    after: str
    live: str
    resource: Resource
    partitions: tuple[PartitionId, ...]
    key: tuple[str, ...] = ()
    where: str = ""
    once: bool = False
    newest: str = ""

    def merged_sql(self, into: str) -> str:
        """Write the statement that fills a table with what the partitions are to hold."""
        names = ", ".join(map(quoted, self._names))
        return f"INSERT INTO {quoted(into)} ({names}) {self._staying_sql()} UNION ALL {self._back_sql()}"

    def counts_sql(self) -> str:
        """Write the statement that counts what is decided.

        The answer's columns: kept_keys, of which somebody wrote since and that stay as they are;
        wanted, the rows that would come back if each did.
        """
        return (
            "SELECT COUNT(DISTINCT IF(is_touched = 1 AND before_rows != after_rows, key_, NULL)) "
            "AS kept_keys, IFNULL(SUM(wanted), 0) AS wanted "
            f"FROM ({self._changes_sql()})"
        )

    @property
    def _names(self) -> list[str]:
        return [str(field["name"]) for field in self.resource["schema"]["fields"]]

    def _staying_sql(self) -> str:
        """Write the rows that are there and stay."""
        names = ", ".join(f"row_.{quoted(name)}" for name in self._names)
        return (
            f"SELECT {names} FROM ({self._numbered_sql(self.live)}) AS row_ "
            f"JOIN ({self._changes_sql()}) AS change_ ON row_.{_CONTENT} = change_.content_ "
            f"WHERE row_.{_NTH} > change_.going"
        )

    def _back_sql(self) -> str:
        """Write the rows that come back."""
        names = ", ".join(f"row_.{quoted(name)}" for name in self._names)
        back = (
            f"SELECT {names}{self._rank_sql()} FROM ({self._numbered_sql(self.before)}) AS row_ "
            f"JOIN ({self._changes_sql()}) AS change_ ON row_.{_CONTENT} = change_.content_ "
            f"WHERE row_.{_NTH} <= change_.coming"
        )
        return f"SELECT {names} FROM ({back}) AS row_{self._newest_sql()}"

    def _rank_sql(self) -> str:
        if not self.newest:
            return ""
        order = f"row_.{quoted(self.newest)} DESC, row_.{_CONTENT}"
        return f", ROW_NUMBER() OVER (PARTITION BY change_.key_ ORDER BY {order}) AS {_NEWEST}"

    def _newest_sql(self) -> str:
        return f" WHERE row_.{_NEWEST} = 1" if self.newest else ""

    def _numbered_sql(self, table: str) -> str:
        """Write the rows of a table, each with its content, and a number among the rows of equal content."""
        names = ", ".join(f"row_.{quoted(name)}" for name in self._names)
        own = f"SELECT {names}, {self._content_sql()} AS {_CONTENT} {self._rows_sql(table)}"
        return (
            f"SELECT {names}, row_.{_CONTENT}, "
            f"ROW_NUMBER() OVER (PARTITION BY row_.{_CONTENT}) AS {_NTH} FROM ({own}) AS row_"
        )

    def _changes_sql(self) -> str:
        """Write how many rows of each content go, come back, and were lost (`wanted`)."""
        wanted = "IF(is_touched = 1 OR is_asked = 0, 0, GREATEST(before_rows - after_rows, 0))"
        is_held = "stays > 0" if self.newest else "now_rows > 0" if self.once else "FALSE"
        most = f"LEAST({wanted}, 1)" if self.once else wanted
        going = "IF(is_touched = 1 OR is_asked = 0, 0, GREATEST(after_rows - before_rows, 0))"
        return (
            f"SELECT content_, key_, is_touched, before_rows, after_rows, {wanted} AS wanted, "
            f"IF({is_held}, 0, {most}) AS coming, {going} AS going FROM ({self._keys_sql()})"
        )

    def _keys_sql(self) -> str:
        """Write the counts of each content beside those of its key: touched since, asked for, staying."""
        stays = "GREATEST(now_rows - GREATEST(after_rows - before_rows, 0), 0)"
        return (
            "SELECT content_, key_, before_rows, after_rows, now_rows, "
            "MAX(IF(now_rows != after_rows, 1, 0)) OVER (PARTITION BY key_) AS is_touched, "
            "MAX(asked) OVER (PARTITION BY key_) AS is_asked, "
            f"SUM({stays}) OVER (PARTITION BY key_) AS stays FROM ({self._counts_sql()})"
        )

    def _counts_sql(self) -> str:
        """Write how many rows of each content there are in each state."""
        states = (self.before, self.after, self.live)
        union = " UNION ALL ".join(self._state_sql(at, name) for at, name in enumerate(states))
        return (
            "SELECT content_, ANY_VALUE(key_) AS key_, MAX(asked) AS asked, "
            "COUNTIF(state = 0) AS before_rows, COUNTIF(state = 1) AS after_rows, "
            f"COUNTIF(state = 2) AS now_rows FROM ({union}) GROUP BY content_"
        )

    def _state_sql(self, state: int, table: str) -> str:
        asked = f"IF(IFNULL({expression(self.where)}, FALSE), 1, 0)" if self.where else "1"
        # What is wrong may meet the condition only then or only now.
        return (
            f"SELECT {state} AS state, {self._content_sql()} AS content_, {self._key_sql()} AS key_, "
            f"{asked} AS asked {self._rows_sql(table)}"
        )

    def _content_sql(self) -> str:
        return f"TO_JSON_STRING(STRUCT({', '.join(compared_columns(self.resource).values())}))"

    def _key_sql(self) -> str:
        columns = compared_columns(self.resource)
        named = ", ".join(columns[name] for name in self.key) or ", ".join(columns.values())
        return f"TO_JSON_STRING(STRUCT({named}))"

    def _rows_sql(self, table: str) -> str:
        chosen = in_partitions(self.resource, self.partitions)
        return f"FROM {quoted(table)} AS row_ WHERE {chosen}"
