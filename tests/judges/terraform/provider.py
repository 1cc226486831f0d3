"""A Terraform provider that is nothing but a schema: `python provider.py SCHEMA`.

It speaks the plugin protocol (PyPI `tf`) and plans what is written. Terraform itself holds names,
types and references against the schema; that nobody sets what only the provider sets is for a
provider to say, and is said here. It is run by the Python of the judge's own environment and imports
nothing of this project.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import msgpack
import tf.provider
from tf.gen import tfplugin_pb2 as protocol
from tf.gen import tfplugin_pb2_grpc as services
from tf.runner import run_provider

_NESTINGS = {
    "single": protocol.Schema.NestedBlock.SINGLE,
    "list": protocol.Schema.NestedBlock.LIST,
    "set": protocol.Schema.NestedBlock.SET,
}
_FLAGS = ("required", "optional", "computed")


class Google:
    """The name of the provider."""

    def full_name(self) -> str:
        """Return the address under which Terraform knows it."""
        return "hashicorp/google"


def servicer(schema: dict) -> type[services.ProviderServicer]:
    """Return what answers Terraform out of a schema."""
    answer = protocol.GetProviderSchema.Response(
        provider=_schema(schema["provider"]),
        resource_schemas={k: _schema(v) for k, v in schema["resource_schemas"].items()},
        data_source_schemas={k: _schema(v) for k, v in schema["data_source_schemas"].items()},
    )

    class Servicer(services.ProviderServicer):
        def __init__(self, _provider: Google) -> None:
            pass

        def GetMetadata(self, _request: object, _context: object) -> object:  # noqa: N802 - the protocol's name
            can = protocol.ServerCapabilities(plan_destroy=True, get_provider_schema_optional=True)
            return protocol.GetMetadata.Response(server_capabilities=can)

        def GetProviderSchema(self, _request: object, _context: object) -> object:  # noqa: N802
            return answer

        def ValidateResourceConfig(self, request: object, _context: object) -> object:  # noqa: N802
            block = schema["resource_schemas"][request.type_name]["block"]
            config = msgpack.unpackb(request.config.msgpack, ext_hook=_unknown)
            found = [_unconfigurable(path) for path in _set_by_hand(block, config or {})]
            return protocol.ValidateResourceConfig.Response(diagnostics=found)

        def PlanResourceChange(self, request: object, _context: object) -> object:  # noqa: N802
            planned = request.proposed_new_state
            return protocol.PlanResourceChange.Response(planned_state=planned)

    for method in (
        "ValidateProviderConfig",
        "ValidateDataResourceConfig",
        "ConfigureProvider",
        "StopProvider",
    ):
        empty = getattr(protocol, method).Response
        setattr(Servicer, method, lambda *_, _empty=empty: _empty())
    return Servicer


def _set_by_hand(block: dict, config: dict) -> Iterator[tuple[str | int, ...]]:
    """Yield the paths of what is set and is not to be."""
    for name, item in block["attributes"].items():
        if not (item.get("optional") or item.get("required")) and config.get(name) is not None:
            yield (name,)
    for name, item in block["block_types"].items():
        nested = config.get(name)
        for number, each in enumerate(nested if isinstance(nested, list) else ()):
            yield from ((name, number, *path) for path in _set_by_hand(item["block"], each))


def _unconfigurable(path: tuple[str | int, ...]) -> object:
    step = protocol.AttributePath.Step
    return protocol.Diagnostic(
        severity=protocol.Diagnostic.ERROR,
        summary="Value for unconfigurable attribute",
        detail=f'"{path[-1]}" is set by the provider alone.',
        attribute=protocol.AttributePath(
            steps=[
                step(attribute_name=each) if isinstance(each, str) else step(element_key_int=each)
                for each in path
            ]
        ),
    )


def _unknown(_code: int, _content: bytes) -> None:
    """Read what is known only when something is applied as nothing."""


def _schema(schema: dict) -> object:
    return protocol.Schema(version=schema["version"], block=_block(schema["block"]))


def _block(block: dict) -> object:
    return protocol.Schema.Block(
        attributes=[
            protocol.Schema.Attribute(
                name=name,
                type=json.dumps(item["type"]).encode(),
                **{flag: item.get(flag, False) for flag in _FLAGS},
            )
            for name, item in block["attributes"].items()
        ],
        block_types=[
            protocol.Schema.NestedBlock(
                type_name=name,
                block=_block(item["block"]),
                nesting=_NESTINGS[item["nesting_mode"]],
                min_items=item.get("min_items", 0),
                max_items=item.get("max_items", 0),
            )
            for name, item in block["block_types"].items()
        ],
    )


if __name__ == "__main__":
    kept = json.loads(gzip.decompress(Path(sys.argv[1]).read_bytes()))
    tf.provider.ProviderServicer = servicer(kept)  # run_provider makes one of it
    run_provider(Google(), sys.argv)
