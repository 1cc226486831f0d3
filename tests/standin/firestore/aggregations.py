"""Aggregations over the results of a query: count, sum and average."""

import math
from collections.abc import Callable, Iterator

from google.protobuf.message import Message

from tests.standin.firestore import fieldpaths
from tests.standin.firestore.filters import Candidate
from tests.standin.firestore.messages import StructuredQuery, Value, invalid
from tests.standin.firestore.transforms import LARGEST, SMALLEST
from tests.standin.firestore.values import NAN, NUMBER

MOST_AGGREGATIONS = 5

type Numbers = list[float | int]


def _numbers(results: list[Candidate], field_path: str) -> Numbers:
    path = fieldpaths.parse(field_path)
    keys = [candidate.key(path) for candidate in results]
    return [
        key[1] if key[0] == NUMBER else math.nan
        for key in keys
        if key is not None and key[0] in {NUMBER, NAN}
    ]


def _sum(numbers: Numbers) -> Message:
    total = sum(numbers)
    if isinstance(total, int) and SMALLEST <= total <= LARGEST:
        return Value(integer_value=total)
    return Value(double_value=float(total))


def _average(numbers: Numbers) -> Message:
    return Value(double_value=sum(numbers) / len(numbers)) if numbers else Value(null_value=0)


FOLDS: dict[str, Callable[[Numbers], Message]] = {"sum": _sum, "avg": _average}


def _aggregated_fields(aggregations: list[Message]) -> Iterator[str]:
    """Yield the fields that a document must have to be counted at all."""
    for aggregation in aggregations:
        kind = aggregation.WhichOneof("operator")
        if kind in FOLDS:
            yield getattr(aggregation, kind).field.field_path


def check(aggregations: list[Message]) -> None:
    """Refuse aggregations that Firestore refuses.

    Raises:
        RequestError: If there are none or too many, or two have one name.
    """
    if not aggregations:
        raise invalid("Aggregations can not be empty.")
    if len(aggregations) > MOST_AGGREGATIONS:
        raise invalid(f"A query has more than {MOST_AGGREGATIONS} aggregations.")
    aliases = [item.alias for item in aggregations if item.alias]
    if len(set(aliases)) < len(aliases):
        doubled = next(alias for alias in aliases if aliases.count(alias) > 1)
        raise invalid(f"Aggregation aliases contain duplicate alias: {doubled}.")


def ordered(query: Message, aggregations: list[Message]) -> Message:
    """Return a query with the order that its sums and averages imply: by their fields, upwards."""
    implied = StructuredQuery.FromString(query.SerializeToString())
    named = {fieldpaths.parse(order.field.field_path) for order in implied.order_by}
    for field_path in dict.fromkeys(_aggregated_fields(aggregations)):
        if fieldpaths.parse(field_path) not in named:
            implied.order_by.add(
                field={"field_path": field_path}, direction=StructuredQuery.ASCENDING
            )
    return implied


def aggregate(aggregations: list[Message], results: Iterator[Candidate]) -> dict[str, Message]:
    """Return the result of each aggregation by its alias.

    Raises:
        RequestError: If one has no operator.
    """
    found = list(results)
    answer: dict[str, Message] = {}
    for number, aggregation in enumerate(aggregations, start=1):
        kind = aggregation.WhichOneof("operator")
        if kind == "count":
            count = len(found)
            if aggregation.count.HasField("up_to"):
                count = min(count, aggregation.count.up_to.value)
            value = Value(integer_value=count)
        elif kind in FOLDS:
            operand = getattr(aggregation, kind)
            value = FOLDS[kind](_numbers(found, operand.field.field_path))
        else:
            raise invalid("An aggregation has no operator.")
        answer[aggregation.alias or f"field_{number}"] = value
    return answer
