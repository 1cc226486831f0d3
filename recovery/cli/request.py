"""From the options of `plan` and `recover` to what is asked of a recovery."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from manifests.catalog import Catalog
from manifests.errors import UsageError
from manifests.kind import KindName
from manifests.model import Value
from recovery.cli.options import moment
from recovery.request import Request, Target, said_of_databases
from recovery.scenarios import Scenario, scenario
from recovery.scope import ObjectScope

_ONLY_FOR: dict[KindName, tuple[str, ...]] = {
    "tables": (
        "dataset",
        "table",
        "partition",
        "into_prefix",
        "from_vault",
        "create_datasets",
        "expire_at",
    ),
    "buckets": ("bucket", "prefix", "pattern", "into_bucket", "lock_again"),
    "databases": (
        "database",
        "collection",
        "document",
        "into_database",
        "unthrottled",
        "rebuild",
    ),
}
_ONLY_FOR_DATES = ("since", "processor", "date")
_NOT_FOR_REBUILD = (
    "run",
    "at",
    "collection",
    "document",
    "exact",
    "exclude",
    "fall_back",
    "only_missing",
    "settings",
    "rewrite_references",
)


class Options(Value):
    """The options as they were given; an empty one was not given."""

    scenario_name: str
    run: str | None
    at: str | None
    dataset: tuple[str, ...] | None
    table: tuple[str, ...] | None
    partition: tuple[str, ...] | None
    bucket: tuple[str, ...] | None
    prefix: str
    pattern: str
    database: tuple[str, ...] | None
    collection: tuple[str, ...] | None
    document: tuple[str, ...] | None
    into_project: str | None
    into_prefix: str
    into_bucket: str
    into_database: str
    unthrottled: bool
    rebuild: bool
    exact: bool
    from_vault: bool
    create_datasets: bool
    expire_at: str | None
    settings: bool
    lock_again: bool
    rewrite_references: bool
    not_in_catalog: bool
    exclude: tuple[str, ...] | None = None
    overwrite: tuple[str, ...] | None = None
    only_missing: bool = False
    notify: bool = False
    fall_back: bool = False
    since: str | None = None
    processor: tuple[str, ...] | None = None
    date: tuple[str, ...] | None = None

    @classmethod
    def given(cls, params: Mapping[str, Any]) -> "Options":
        """Read the parameters of a command.

        Raises:
            UsageError: One is no text.
        """
        try:
            return cls.model_validate(params)
        except ValidationError as error:
            raise _unfit(error) from error

    def request(self, catalog: Catalog, *, project: str, now: datetime) -> Request:
        """Return what is asked for.

        Args:
            catalog: What is protected.
            project: The project that is recovered unless another is named.
            now: The present instant.

        Raises:
            UsageError: An option does not fit, or says nothing to this scenario.
        """
        wanted = scenario(self.scenario_name)
        self._check_fits(wanted)
        if self.into_project and "buckets" in wanted.covers and not self.into_bucket:
            # A bucket's name is the same thing in every project.
            raise UsageError("`--into-project` needs `--into-bucket`: bucket names are global")
        expire_at = moment(self.expire_at)
        if expire_at is not None and expire_at <= now:
            raise UsageError("what comes back would expire at once", subject=self.expire_at or "")
        if self.only_missing and (self.overwrite or self.exact):
            raise UsageError("`--only-missing` leaves what `--overwrite` and `--exact` would not")
        if self.partition and len(self.table or ()) != 1:
            raise UsageError("`--partition` needs exactly one `--table`")
        if not self.not_in_catalog:
            catalog.select(datasets=self.dataset or (), tables=self.table or ())
        try:
            return self._request(catalog, wanted, project)
        except ValidationError as error:
            raise _unfit(error) from error

    def _request(self, catalog: Catalog, wanted: Scenario, project: str) -> Request:
        return Request(
            scenario=wanted.name,
            target=self._target(project),
            datasets=self.dataset or (),
            tables=self.table or (),
            partitions=self.partition or (),
            buckets=self.bucket or (),
            objects=ObjectScope(prefix=self.prefix, pattern=self.pattern),
            databases=self.database or (),
            collections=self.collection or (),
            documents=self.document or (),
            unthrottled=self.unthrottled,
            **said_of_databases(catalog, is_own=(self.into_project or project) == project),
            exclude=self.exclude or (),
            overwrite=self.overwrite or (),
            only_missing=self.only_missing,
            notify=self.notify,
            exact=self.exact,
            rebuild=self.rebuild,
            from_vault=self.from_vault,
            create_datasets=self.create_datasets,
            expire_at=moment(self.expire_at),
            settings=self.settings,
            lock_again=self.lock_again,
            rewrite_references=self.rewrite_references,
            not_in_catalog=self.not_in_catalog,
            project_was_named=self.into_project is not None,
            point_was_named=bool(self.run or self.at or self.rebuild),
        )

    def _check_fits(self, wanted: Scenario) -> None:
        """Refuse an option that another scenario has: ignoring it could hit what is live."""
        for kind, names in _ONLY_FOR.items():
            if kind not in wanted.covers:
                self._refuse(names, wanted.name, f"which recovers {' and '.join(wanted.covers)}")
        self._refuse(_ONLY_FOR_DATES, wanted.name, "which runs no processor again")
        if wanted.covers == ("buckets",):
            self._refuse(("rewrite_references",), wanted.name, "whose objects refer to nothing")
        if self.rebuild:
            self._refuse(_NOT_FOR_REBUILD, "`--rebuild`", "which reads no backup")

    def _refuse(self, names: tuple[str, ...], word: str, why: str) -> None:
        idle = next((name for name in names if getattr(self, name)), None)
        if idle is not None:
            option = f"--{idle.replace('_', '-')}"
            raise UsageError(
                f"`{option}` says nothing to {word}, {why}", hint="`rebound recover --help`"
            )

    def _target(self, project: str) -> Target:
        return Target(
            project=self.into_project or project,
            prefix=self.into_prefix,
            bucket=self.into_bucket,
            database=self.into_database,
        )


def _unfit(error: ValidationError) -> UsageError:
    """Return what tells an operator which word cannot be what its option names."""
    first = error.errors()[0]
    name = str(first["loc"][0]).removesuffix("s").replace("_", " ")
    return UsageError(
        f"not a {name} that Google Cloud could have", subject=repr(first["input"])[:200]
    )
