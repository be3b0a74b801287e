"""Functions the user names as `module:function`, found beside `pantheon.yaml` or installed.

Modules beside the file are imported through a finder that is active only inside such a call:
`sys.path` is never touched, two projects may both have a `checks.py`, and an edited file is read
again by the next project that is opened. Modules of Python's own library are never shadowed.
"""

from __future__ import annotations

import asyncio
import contextvars
import importlib
import importlib.machinery
import inspect
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from pantheon.agents._answer import Reason
from pantheon.agents._threads import Raised, in_thread, is_cancelled
from pantheon.interop import Adapted, Shape, adapt, install_hint

_ROOT: contextvars.ContextVar[Path | None] = contextvars.ContextVar("pantheon_root", default=None)
_OWNERS: dict[str, Path] = {}
"""Name in `sys.modules` → the project root whose file it came from."""
_STAMPS: dict[str, tuple[int, int]] = {}
"""Modification time (ns) and size of each owned module's file when it was read."""
_IMPORTING = threading.RLock()


class FunctionFault(Exception):
    """A user's function could not be loaded or did not return; `reason` says which."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class _Loaded:
    function: Callable[..., object]
    is_async: bool
    shape: Shape | None = None


class UserFunctions:
    """Loads and calls the functions of one project; each opened project makes its own."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._loaded: dict[str, _Loaded] = {}

    def files_of(self, references: Iterable[str]) -> list[Path]:
        """The files beside the project that functions are in, in order; installed ones are not."""
        modules = {reference.partition(":")[0].replace(".", "/") for reference in references}
        places = [self._root / name for name in sorted(modules)]
        files = [file for p in places for file in (p.with_suffix(".py"), p / "__init__.py")]
        return [file for file in files if file.is_file()]

    def load(self, reference: str) -> Callable[..., object]:
        """The function called `module:function`; raises `FunctionFault`."""
        return self._load(reference).function

    def _load(self, reference: str) -> _Loaded:
        if reference not in self._loaded:
            found = self._find(reference)
            is_async = inspect.iscoroutinefunction(found.function)
            self._loaded[reference] = _Loaded(found.function, is_async, found.shape)
        return self._loaded[reference]

    async def call(
        self,
        reference: str,
        *args: object,
        timeout: float | None,
        named: Mapping[str, object] | None = None,
        fields: Sequence[str] = (),
    ) -> object:
        """What the function returns to `args` and `named`; `timeout` in seconds of real time.

        A synchronous function runs in another thread. It cannot be stopped from outside: when
        the time is over it is left behind, and it never keeps the program from ending.
        """
        token = _ROOT.set(self._root)
        try:
            loaded = self._loaded.get(reference) or self._load(reference)
            given = dict(named) if named else {}
            if timeout is None:
                returned = await _invoke(loaded, args, given)
            else:
                async with asyncio.timeout(timeout):
                    returned = await _invoke(loaded, args, given)
            return returned if loaded.shape is None else _shaped(loaded.shape, returned, fields)
        except TimeoutError:
            raise FunctionFault(
                Reason.TIMEOUT, f"{reference} did not return within {timeout:g} s."
            ) from None
        except Raised as raised:
            detail = describe_error(raised.error, root=self._root)
            raise FunctionFault(Reason.RAISED, f"{reference} raised {detail}") from raised.error
        finally:
            _ROOT.reset(token)

    def _find(self, reference: str) -> Adapted:
        module_name, _, name = reference.partition(":")
        module = self._import(module_name, reference)
        adapted = adapt(getattr(module, name, None))
        if adapted is None:
            where = getattr(module, "__file__", None) or "Python's own library"
            raise FunctionFault(
                Reason.NOT_CONFIGURED, f"{reference}: {where} defines no function {name!r}."
            )
        return adapted

    def _import(self, name: str, reference: str) -> ModuleType:
        token = _ROOT.set(self._root)
        try:
            with _IMPORTING, _room_for(name, self._root):
                return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is not None and (name + ".").startswith(error.name + "."):
                raise FunctionFault(
                    Reason.NOT_CONFIGURED,
                    f"{reference}: no module {error.name!r} in {self._root} or installed.",
                ) from None
            raise self._broken(reference, error) from error
        except (Exception, SystemExit) as error:
            raise self._broken(reference, error) from error
        finally:
            _ROOT.reset(token)

    def _broken(self, reference: str, error: BaseException) -> FunctionFault:
        detail = describe_error(error, root=self._root)
        missing = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
        hint = install_hint(missing)
        fix = f"; `{hint}` brings it" if hint else ""
        return FunctionFault(Reason.RAISED, f"Importing {reference} raised {detail}{fix}")


def describe_error(error: BaseException, *, root: Path) -> str:
    """`ValueError: text (file.py:12)`: the last line of the traceback that tells the user most."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(root)]
    said = traceback.format_exception_only(error)[-1].strip()
    if isinstance(error, SyntaxError) and error.filename:
        return f"{said} ({_short(error.filename, root)}:{error.lineno})"
    last = (own or list(frames))[-1:]
    return f"{said} ({_short(last[0].filename, root)}:{last[0].lineno})" if last else said


def _short(filename: str, root: Path) -> str:
    path = Path(filename)
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name


# ------------------------------------------------------------------------------------ calling


def _shaped(shape: Shape, returned: object, fields: Sequence[str]) -> object:
    try:
        return shape(returned, fields)
    except Exception as error:  # reading it runs code of another library
        raise Raised(error) from error


async def _invoke(loaded: _Loaded, args: tuple[object, ...], named: dict[str, object]) -> object:
    function = loaded.function
    if not loaded.is_async:
        value = await in_thread(function, args, named)
        return await _awaited(value) if inspect.isawaitable(value) else value
    try:
        # Arguments that do not fit are an error of the call, like any other.
        return await cast("Awaitable[object]", function(*args, **named))
    except (Exception, SystemExit, asyncio.CancelledError) as error:
        if is_cancelled(error):
            raise
        raise Raised(error) from error


async def _awaited(work: Awaitable[object]) -> object:
    try:
        return await work
    except (Exception, SystemExit, asyncio.CancelledError) as error:
        if is_cancelled(error):
            raise
        raise Raised(error) from error


# ---------------------------------------------------------------------------------- importing


class _FreshLoader(importlib.machinery.SourceFileLoader):
    """Always compiles the source: cached bytecode is compared by whole seconds only."""

    def path_stats(self, path: str) -> Any:
        raise OSError(f"bytecode of {path} is not cached")


class _BesideFinder(MetaPathFinder):
    """Finds modules in the root of the project whose function is being imported or called."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        root = _ROOT.get()
        parent = fullname.rpartition(".")[0]
        if root is None or (parent and _OWNERS.get(parent) != root):
            return None
        spec = _spec_beside(fullname, [str(root)] if path is None else list(path))
        if spec is not None:
            _OWNERS[fullname] = root
            _STAMPS[fullname] = _stamp(spec.origin)
        return spec


sys.meta_path.insert(0, _BesideFinder())


def _spec_beside(name: str, folders: Sequence[str]) -> importlib.machinery.ModuleSpec | None:
    if name in sys.stdlib_module_names:
        return None
    for folder in folders:
        finder = importlib.machinery.FileFinder(
            folder,
            (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
            (_FreshLoader, importlib.machinery.SOURCE_SUFFIXES),
        )
        spec = finder.find_spec(name)
        if spec is not None and (spec.loader is not None or not _installed(name)):
            return spec
    return None


def _installed(name: str) -> bool:
    """A plain folder beside the file must not hide an installed package of the same name."""
    return importlib.machinery.PathFinder.find_spec(name.partition(".")[0]) is not None


def _stamp(origin: str | None) -> tuple[int, int]:
    try:
        found = Path(origin or "").stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


@contextmanager
def _room_for(name: str, root: Path) -> Generator[None]:
    """Let `name` be imported from `root` although another module may hold that name."""
    top = name.partition(".")[0]
    if _spec_beside(top, [str(root)]) is None:
        yield
        return
    _evict_others(root)
    foreign = {
        key: module
        for key, module in sys.modules.items()
        if key.partition(".")[0] == top and key not in _OWNERS
    }
    for key in foreign:
        del sys.modules[key]
    try:
        yield
    finally:
        if foreign:
            _evict(key for key in list(_OWNERS) if key.partition(".")[0] == top)
            sys.modules.update(foreign)


def _evict_others(root: Path) -> None:
    _evict([name for name, owner in _OWNERS.items() if owner != root])
    if any(_stale(name) for name in _OWNERS):
        _evict(list(_OWNERS))


def _stale(name: str) -> bool:
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    return _stamp(getattr(spec, "origin", None)) != _STAMPS.get(name)


def _evict(names: Iterable[str]) -> None:
    for name in names:
        sys.modules.pop(name, None)
        _OWNERS.pop(name, None)
        _STAMPS.pop(name, None)
