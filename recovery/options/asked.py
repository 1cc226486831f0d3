"""From the options of `plan` and `recover` to what is asked of a recovery. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from manifests.catalog import Catalog
from manifests.errors import UsageError
from manifests.parts import KindName
from manifests.values import Value
from recovery.options.backup import BackupOptions
from recovery.options.buckets import BucketOptions
from recovery.options.databases import DatabaseOptions
from recovery.options.every import EveryOptions
from recovery.options.option import option_of, put, spelled
from recovery.options.processors import ProcessorOptions
from recovery.options.resources import ResourceOptions
from recovery.options.tables import TableOptions
from recovery.request import Request, said_of_databases
from recovery.scenarios import Scenario, scenario

OPTIONS_OF: Mapping[KindName, type[Value]] = {
    "tables": TableOptions,
    "buckets": BucketOptions,
    "databases": DatabaseOptions,
    "resources": ResourceOptions,
}
"""The options that say something to recoveries of one kind alone."""

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


class Options(
    ProcessorOptions,
    ResourceOptions,
    DatabaseOptions,
    BucketOptions,
    TableOptions,
    EveryOptions,
    BackupOptions,
):
    """The options as they were given: the command line has one for each field, and no other.

    The fields of the last base come first.
    """

    @classmethod
    def given(cls, params: Mapping[str, Any]) -> "Options":
        """Read the parameters of a command; what was not given is as if it were not there.

        Raises:
            UsageError: One is no text.
        """
        try:
            return cls.model_validate(
                {name: value for name, value in params.items() if value is not None}
            )
        except ValidationError as error:
            raise _unfit(error) from error

    @property
    def said(self) -> list[str]:
        """Return the names of the options that say something."""
        fields = type(self).model_fields.items()
        return [name for name, field in fields if getattr(self, name) != field.default]

    def request(
        self, scenario_name: str, catalog: Catalog, *, project: str, now: datetime
    ) -> Request:
        """Return what is asked for.

        Args:
            scenario_name: What happened.
            catalog: What is protected.
            project: The project that is recovered unless another is named.
            now: The present instant.

        Raises:
            UsageError: An option does not fit, or says nothing to this scenario.
        """
        wanted = scenario(scenario_name)
        self._check_scenario(wanted)
        self._check_each_other(wanted, catalog, now)
        into = self.into_project or project
        asked: dict[str, Any] = {
            "scenario": wanted.name,
            "target": {"project": project},
            "project_was_named": self.into_project is not None,
            "point_was_named": bool(self.run or self.at or self.rebuild),
            **said_of_databases(catalog, is_own=into == project),
        }
        for name in self.said:
            if path := option_of(type(self).model_fields[name]).asks:
                put(asked, path, getattr(self, name))
        try:
            return Request.model_validate(asked)
        except ValidationError as error:
            raise _unfit(error) from error

    def _check_scenario(self, wanted: Scenario) -> None:
        """Refuse an option that another scenario has: ignoring it could hit what is live."""
        for kind, options in OPTIONS_OF.items():
            if kind not in wanted.covers:
                why = f"which recovers {' and '.join(wanted.covers)}"
                self._refuse(tuple(options.model_fields), wanted.name, why)
        dates = tuple(ProcessorOptions.model_fields)
        self._refuse(dates, wanted.name, "which runs no processor again")
        if wanted.covers == ("buckets",):
            self._refuse(("rewrite_references",), wanted.name, "whose objects refer to nothing")
        if self.rebuild:
            self._refuse(_NOT_FOR_REBUILD, "`--rebuild`", "which reads no backup")

    def _refuse(self, names: Sequence[str], word: str, why: str) -> None:
        if idle := next((name for name in names if name in self.said), None):
            raise UsageError(
                f"`{spelled(idle)}` says nothing to {word}, {why}", hint="`rebound recover --help`"
            )

    def _check_each_other(self, wanted: Scenario, catalog: Catalog, now: datetime) -> None:
        """Refuse options that contradict each other."""
        is_covered = "buckets" in wanted.covers and catalog.buckets
        if self.into_bucket and self.into_bucket_prefix:
            raise UsageError(
                "`--into-bucket` names the bucket, whatever `--into-bucket-prefix` says"
            )
        if self.into_project and is_covered and not (self.into_bucket or self.into_bucket_prefix):
            # A bucket's name is the same thing in every project.
            raise UsageError(
                "`--into-project` needs `--into-bucket` or `--into-bucket-prefix`: bucket names are global"
            )
        moved = [item.partition("=")[0] for item in self.into_region]
        if twice := next((item for item in moved if moved.count(item) > 1), None):
            raise UsageError("`--into-region` has one new region for each", subject=twice)
        if self.expire_at is not None and self.expire_at <= now:
            raise UsageError(
                "what comes back would expire at once", subject=f"{self.expire_at:%Y-%m-%dT%H:%MZ}"
            )
        if self.only_missing and (self.overwrite or self.exact):
            raise UsageError("`--only-missing` leaves what `--overwrite` and `--exact` would not")
        if self.partition and len(self.table) != 1:
            raise UsageError("`--partition` needs exactly one `--table`")


def _unfit(error: ValidationError) -> UsageError:
    """Return what tells an operator which word cannot be what its option names."""
    first = error.errors()[0]
    field = next(item for item in reversed(first["loc"]) if isinstance(item, str))
    name = field.removesuffix("s").replace("_", " ")
    return UsageError(
        f"not a {name} that Google Cloud could have", subject=repr(first["input"])[:200]
    )
