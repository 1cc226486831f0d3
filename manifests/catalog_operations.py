"""What the catalog says about a day of operations: what is looked at, and from where on it is bad."""

from typing import Self

from pydantic import Field, model_validator

from manifests.values import TimeZone, Value


class Bands(Value):
    """The bounds from which a number is a warning, and from which it is critical.

    Where `critical` is above `warning`, high numbers are bad, and a number that is equal already is;
    where it is below, low numbers are bad, and a number that is equal is still good.
    """

    warning: float
    critical: float

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.warning == self.critical:
            message = "a warning comes before what is critical"
            raise ValueError(message)
        return self

    @property
    def is_high_bad(self) -> bool:
        """Whether high numbers are bad."""
        return self.critical > self.warning

    def reached(self, value: float, bound: float) -> bool:
        """Whether a number is bad, by one of the two bounds."""
        return value >= bound if self.is_high_bad else value < bound


class Security(Value):
    """What `rebound security` expects; `*` in a pattern stands for anything.

    Attributes:
        accounts: Patterns of the emails of service accounts that are made, and that read secrets.
        public: Patterns of the names of services that everybody may call.
        deleters: Patterns of members who may delete in the vault, as `group:expiry@example.com`.
        break_glass: Patterns of the emails of identities for an emergency.
        key_days: A key that is older has to be replaced.
        most_changes: So many changes of access in one look are many.
        most_failed: So many refusals in one look are many.
    """

    accounts: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    deleters: tuple[str, ...] = ()
    break_glass: tuple[str, ...] = ()
    key_days: int = Field(default=365, ge=1)
    most_changes: int = Field(default=5, ge=1)
    most_failed: int = Field(default=100, ge=1)


class Model(Value):
    """What of a model `rebound readiness` looks at.

    Attributes:
        services: The Cloud Run services that answer with it.
        training: Patterns of the schedules that train it.
        trained_days: So many days ago one of them was last answered well.
    """

    services: tuple[str, ...] = ()
    training: tuple[str, ...] = ()
    trained_days: float = Field(default=7, gt=0)


class Operations(Value):
    """What `rebound ops` looks at, and what it calls healthy.

    Attributes:
        time_zone: In which yesterday begins and ends.
        locations: Where schedules and workflows are.
        queries: The monitoring queries, by their names, that this platform's tables answer.
        most_mib: BigQuery refuses a query that would bill more MiB.
        workflows: The names of workflows that have to run; any number of `*` in each.
        workflow_hours: In so many hours one of them has to have succeeded.
        succeeded: Which share of the workflows ended well the last time, from 0 to 1.
        failed_schedules: Which share of the schedules ended badly the last time, from 0 to 1.
        tables: Which share of the tables has rows of the day, from 0 to 1.
        empty_percent: How many percent of a feature's values are missing.
        days_behind: So many days with games lie behind the newest date.
        missed_dates: So many dates that one phase has and the next one lacks.
        coverage_percent: How many percent of a season's dates are done.
        validation_errors: So many validations found an error in the last day.
        errors: So many errors were logged in the last day.
        backup_hours: So old is the newest complete run.
        security: What is expected of identities, services and the vault.
        model: What is looked at of the model.
    """

    time_zone: TimeZone = "UTC"
    locations: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    most_mib: int = Field(default=1024, ge=10)
    workflows: tuple[str, ...] = ()
    workflow_hours: float = Field(default=6, gt=0)
    succeeded: Bands = Bands(warning=1, critical=0.75)
    failed_schedules: Bands = Bands(warning=0.001, critical=0.25)
    tables: Bands = Bands(warning=1, critical=0.5)
    empty_percent: Bands = Bands(warning=5, critical=20)
    days_behind: Bands = Bands(warning=2, critical=8)
    missed_dates: Bands = Bands(warning=1, critical=8)
    coverage_percent: Bands = Bands(warning=95, critical=80)
    validation_errors: Bands = Bands(warning=1, critical=50)
    errors: Bands = Bands(warning=1, critical=100)
    backup_hours: Bands = Bands(warning=26, critical=50)
    security: Security = Security()
    model: Model = Model()
