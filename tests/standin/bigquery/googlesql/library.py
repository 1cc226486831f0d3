"""Google's own SQL library, compiled once for a user of a machine and loaded in a fifth of a second.

The package `zetasql` holds the library as WebAssembly and the messages it speaks. Its own client
compiles the module anew in every process, which takes most of a minute, and copies byte by byte; so
the few lines that talk to the module are ours.
"""

import ctypes
import fcntl
import functools
import os
import re
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path

import tzdata
from google.protobuf.message import Message
from wasmtime import Config, Engine, Linker, Module, Store, Trap, WasiConfig, WasmtimeError
from zetasql.wasi import get_wasm_path

_POINTER_BYTES = 4
_ERROR = re.compile(r"Code: (\d+), Message: (.*)", re.DOTALL)


class GoogleSqlError(Exception):
    """What GoogleSQL refuses.

    Args:
        code: The number of the status, 3 for an invalid argument.
        message: Why, as Google words it.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Library:
    """One instance of the library. Safe to share between threads, which wait for each other.

    Args:
        module: The compiled module.

    Attributes:
        starts: How often it was started: what it was told to keep is gone with each.
    """

    def __init__(self, module: Module) -> None:
        self._module = module
        self._guard = threading.Lock()
        self.starts = 0
        self._start()

    def call[M: Message](self, method: str, request: Message, answer: type[M]) -> M:
        """Call a method of the library's service.

        Args:
            method: Its name, as `Analyze`.
            request: What it takes.
            answer: What it gives.

        Raises:
            GoogleSqlError: The library refuses the request, or broke on it.
        """
        with self._guard:
            try:
                return answer.FromString(self._exchange(method, request.SerializeToString()))
            except (Trap, WasmtimeError) as error:
                # What aborted is in an unknown state.
                self._start()
                raise GoogleSqlError(13, f"{method} broke: {error}") from error

    def _start(self) -> None:
        self.starts += 1
        wasi = WasiConfig()
        zones = Path(tzdata.__file__).with_name("zoneinfo")
        wasi.preopen_dir(str(zones), "/usr/share/zoneinfo")
        self._store = Store(engine())
        self._store.set_wasi(wasi)
        linker = Linker(self._store.engine)
        linker.define_wasi()
        self._exports = linker.instantiate(self._store, self._module).exports(self._store)
        self._run("_initialize")

    def _run(self, name: str, *arguments: int) -> int:
        result: int = self._exports[name](self._store, *arguments)
        return result

    def _exchange(self, method: str, data: bytes) -> bytes:
        request = self._run("wasm_malloc", len(data))
        size = self._run("wasm_malloc", _POINTER_BYTES)
        try:
            ctypes.memmove(self._address(request), data, len(data))
            answer = self._run(f"ZetaSqlLocalService_{method}", request, len(data), size)
            if not answer:
                raise self._refusal()
            found = self._bytes(answer, int.from_bytes(self._bytes(size, _POINTER_BYTES), "little"))
            self._run("wasm_free", answer)
            return found
        finally:
            self._run("wasm_free", request)
            self._run("wasm_free", size)

    def _refusal(self) -> GoogleSqlError:
        size = self._run("wasm_get_last_error_size")
        text = self._bytes(self._run("wasm_get_last_error"), size).decode()
        found = _ERROR.fullmatch(text)
        return GoogleSqlError(int(found[1]), found[2]) if found else GoogleSqlError(2, text)

    def _address(self, pointer: int) -> int:
        return ctypes.addressof(self._exports["memory"].data_ptr().contents) + pointer

    def _bytes(self, pointer: int, size: int) -> bytes:
        return ctypes.string_at(self._address(pointer), size)


@functools.cache
def library() -> Library:
    """Return this process's library."""
    return Library(compiled())


@functools.cache
def engine() -> Engine:
    """Return this process's WebAssembly engine."""
    config = Config()
    config.shared_memory = True
    return Engine(config)


def compiled() -> Module:
    """Return the compiled module; compile and keep it where it is not kept yet.

    Processes that begin at once compile it once: the others wait.
    """
    kept = _folder() / f"zetasql-{version('zetasql')}-wasmtime-{version('wasmtime')}.cwasm"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept.exists():
            try:
                return Module.deserialize_file(engine(), str(kept))
            except WasmtimeError:
                # Compiled on another processor: a home directory can be shared by machines.
                kept.unlink()
        module = Module.from_file(engine(), get_wasm_path())
        with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as file:
            file.write(module.serialize())
        Path(file.name).replace(kept)
        return module


def _folder() -> Path:
    """Return the user's cache, which survives a checkout."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rebound"
