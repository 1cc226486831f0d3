"""The resources of the seeded datasets: tables with every property, views, routines, policies."""

from typing import Any

from tests.standin.seed.rows import Definition, definitions

type Resource = dict[str, Any]

# The tables' own DDL says 90 days, which would empty them as the fixed history grows old.
_TEN_YEARS_MS = str(3650 * 24 * 60 * 60 * 1000)
_EXPIRING = ("nba_orchestration.workflow_decisions", "nba_orchestration.workflow_executions")
_PRIMARY_KEYS = {"nba_reference.processor_run_history": ["processor_name", "data_date", "run_id"]}
_TAGGED_COLUMNS = {
    "nba_analytics.player_game_summary": ("points_line", "universal_player_id"),
    "nba_analytics.upcoming_player_game_context": ("injury_report",),
}
_DESCRIPTIONS = {
    "player_lookup": "Name in lower case without accents, such as nikolajokic",
    "game_date": "Date of the game in America/New_York",
    "ts_pct": "True shooting: ½ points / (FGA + 0.44 FTA)",
    "data_hash": "First 16 digits of the row's SHA-256",
    "timing_breakdown": "Seconds by step",
}
_DATASETS = {
    "nba_analytics": ("Phase 3: games as they were played", {"layer": "phase3"}),
    "nba_precompute": ("Phase 4: what predictions are made from", {"layer": "phase4"}),
    "nba_orchestration": ("What the workflows decided and did", {"layer": "orchestration"}),
    "nba_reference": ("Runs of every processor", {"layer": "reference", "owner": "data-platform"}),
    "rebound_odd": ("Everything that is hard to bring back", {"layer": "odd"}),
}


def dataset_resources(project: str, location: str) -> list[Resource]:
    """Return the datasets with labels, descriptions, limits and access."""
    access = [
        {"role": "OWNER", "specialGroup": "projectOwners"},
        {"role": "WRITER", "specialGroup": "projectWriters"},
        {"role": "READER", "specialGroup": "projectReaders"},
        {
            "role": "READER",
            "userByEmail": f"grafana-bigquery@{project}.iam.gserviceaccount.com",
        },
    ]
    return [
        {
            "datasetReference": {"projectId": project, "datasetId": name},
            "location": location,
            "description": description,
            "friendlyName": name.replace("_", " "),
            "labels": {"system": "nba", **labels},
            "access": access,
            "maxTimeTravelHours": "168",
        }
        for name, (description, labels) in _DATASETS.items()
    ]


def table_resources(project: str, location: str) -> dict[str, Resource]:
    """Return the 13 tables' resources by their id, as tables.insert takes them."""
    return {
        name: _table_resource(project, location, definition)
        for name, definition in definitions().items()
    }


def _table_resource(project: str, location: str, definition: Definition) -> Resource:
    name = definition["table"]
    dataset, table = name.split(".")
    partitioning = {
        key: value for key, value in definition["timePartitioning"].items() if key != "expirationMs"
    }
    if name in _EXPIRING:
        partitioning["expirationMs"] = _TEN_YEARS_MS
    resource: Resource = {
        "tableReference": {"projectId": project, "datasetId": dataset, "tableId": table},
        "schema": {
            "fields": [_field(field, name, project, location) for field in definition["schema"]]
        },
        "timePartitioning": partitioning,
        "requirePartitionFilter": definition["requirePartitionFilter"],
        "description": f"{table.replace('_', ' ')}, one of the 13 critical tables",
        "labels": {"phase": definition["phase"], "critical": "true"},
    }
    if table == "processor_output_validation":
        resource["labels"] = {"system": "monitoring", "layer": "processor_validation"}
    if definition["clustering"]:
        resource["clustering"] = definition["clustering"]
    if name in _PRIMARY_KEYS:
        resource["tableConstraints"] = {"primaryKey": {"columns": _PRIMARY_KEYS[name]}}
    return resource


def _field(field: Resource, table: str, project: str, location: str) -> Resource:
    described = dict(field)
    if field["name"] in _DESCRIPTIONS:
        described["description"] = _DESCRIPTIONS[field["name"]]
    if field["name"] in _TAGGED_COLUMNS.get(table, ()):
        taxonomy = f"projects/{project}/locations/{location}/taxonomies/4242424242"
        described["policyTags"] = {"names": [f"{taxonomy}/policyTags/1010101010"]}
    return described


def view_resources(project: str) -> list[Resource]:
    """Return views, in an order in which each can be made, and a materialized view."""
    queries = {
        "nba_analytics.v_player_seasons": (
            "SELECT player_lookup, season_year, COUNT(*) AS games, AVG(points) AS points_avg "
            f"FROM `{project}.nba_analytics.player_game_summary` GROUP BY player_lookup, season_year"
        ),
        "nba_analytics.v_current_scorers": (
            "SELECT player_lookup, points_avg "
            f"FROM `{project}.nba_analytics.v_player_seasons` WHERE season_year = 2025"
        ),
        "nba_precompute.v_factors_with_cache": (
            "SELECT factors.player_lookup, factors.game_date, factors.fatigue_score, "
            "cache.points_avg_last_5 "
            f"FROM `{project}.nba_precompute.player_composite_factors` AS factors "
            f"JOIN `{project}.nba_precompute.player_daily_cache` AS cache "
            "ON factors.player_lookup = cache.player_lookup "
            "AND factors.game_date = cache.cache_date"
        ),
    }
    views = [
        _named(name, project) | {"view": {"query": query, "useLegacySql": False}}
        for name, query in queries.items()
    ]
    views[0]["description"] = "Averages by season"
    views[0]["labels"] = {"audience": "dashboard"}
    materialized = _named("nba_analytics.mv_points_allowed", project)
    materialized["materializedView"] = {
        "query": (
            "SELECT defending_team_abbr, season_year, SUM(points_allowed) AS points, "
            "COUNT(*) AS games "
            f"FROM `{project}.nba_analytics.team_defense_game_summary` "
            "GROUP BY defending_team_abbr, season_year"
        ),
        "enableRefresh": True,
        "refreshIntervalMs": "3600000",
    }
    return [*views, materialized]


def routine_resources(project: str) -> list[Resource]:
    """Return a scalar function and a procedure."""
    number = {"typeKind": "FLOAT64"}
    return [
        {
            "routineReference": _routine(project, "true_shooting"),
            "routineType": "SCALAR_FUNCTION",
            "language": "SQL",
            "description": "Share of the points that the attempts could have made",
            "arguments": [
                {"name": name, "dataType": number} for name in ("points", "attempts", "throws")
            ],
            "returnType": number,
            "definitionBody": "SAFE_DIVIDE(points, 2 * (attempts + 0.44 * throws))",
        },
        {
            "routineReference": _routine(project, "forget_test_runs"),
            "routineType": "PROCEDURE",
            "language": "SQL",
            "definitionBody": (
                f"BEGIN DELETE FROM `{project}.nba_reference.processor_run_history` "
                "WHERE test_mode; END"
            ),
        },
    ]


def row_policy_statement(project: str) -> str:
    """Return the DDL of the one row access policy; it hides no row from the backup."""
    return (
        "CREATE ROW ACCESS POLICY everyone_sees_all "
        f"ON `{project}.nba_analytics.upcoming_team_game_context` "
        "GRANT TO ('allAuthenticatedUsers') FILTER USING (TRUE)"
    )


def _named(name: str, project: str) -> Resource:
    dataset, table = name.split(".")
    return {"tableReference": {"projectId": project, "datasetId": dataset, "tableId": table}}


def _routine(project: str, name: str) -> Resource:
    return {"projectId": project, "datasetId": "nba_analytics", "routineId": name}
