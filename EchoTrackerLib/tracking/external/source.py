"""Where the authors' own code and weights are found: never in this project, never loaded before they are asked for."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ...errors import BadInput, MissingDependency
from ...i18n import tr as _
from ..tracker import TrackerInfo, TrackerOptions
from ..weights import WeightsFile, read_file

CODE_FOLDER = Path.home() / ".EchoTracker" / "Code"


@dataclass(frozen=True)
class AuthorsCode:
    """A repository of a tracker's authors.

    Attributes:
        repository: "owner/name" at GitHub; `name` is also its folder's name in `CODE_FOLDER`.
        commit: the one that the adapter was tested with.
        module: what is imported from it, e.g. "nets.pips2".
    """

    repository: str
    commit: str
    module: str

    @property
    def name(self) -> str:
        """Name of the checkout's folder."""
        return self.repository.split("/")[1]

    @property
    def url(self) -> str:
        """Where it is cloned from."""
        return f"https://github.com/{self.repository}"

    def folder(self, options: TrackerOptions) -> Optional[Path]:
        """Return the checkout: the one the user named, or the one in `CODE_FOLDER`; None where there is none.

        Raises:
            BadInput: the folder that the user named is not a checkout.
        """
        first = self.module.split(".")[0]
        for folder in (options.code, CODE_FOLDER / self.name):
            if folder is not None and ((folder / first).is_dir() or (folder / f"{first}.py").is_file()):
                return folder.resolve()
            if folder is not None and folder == options.code:
                raise BadInput(
                    _("{folder}: is not a checkout of {url} (it has no folder '{first}').").format(
                        folder=folder, url=self.url, first=first
                    )
                )
        return None

    def is_here(self, options: TrackerOptions) -> bool:
        """Whether the code is in a folder, or installed."""
        return self.folder(options) is not None or importlib.util.find_spec(self.module.split(".")[0]) is not None

    def load(self, info: TrackerInfo, options: TrackerOptions) -> Any:
        """Import and return the module, from the checkout or from what is installed.

        Raises:
            BadInput: the folder that the user named is not a checkout.
            MissingDependency: the code, or a package that it imports, is not here.
        """
        if not self.is_here(options):
            raise self.absent(info)
        folder = self.folder(options)
        with first_on_path(folder):
            try:
                module = importlib.import_module(self.module)
            except ImportError as error:
                raise MissingDependency(
                    _("{title}'s own code cannot be imported ({error}).").format(title=info.title, error=error)
                ) from error
        if folder is not None and folder not in Path(str(module.__file__)).resolve().parents:
            raise BadInput(
                _("{title}: another package named '{name}' is loaded already ({file}). Start again without it.").format(
                    title=info.title, name=self.module, file=module.__file__
                )
            )
        return module

    def absent(self, info: TrackerInfo, why: str = "") -> MissingDependency:
        """Return the error that says how to get the code; `why`: the reason why fetching it failed."""
        steps = _("git clone {url}; git -C {name} checkout {commit}").format(
            url=self.url, name=self.name, commit=self.commit[:10]
        )
        return MissingDependency(
            _("{title} runs by its authors' own code, which {what}. Get it ({steps}) and put it into {folder}.").format(
                title=info.title,
                what=_("could not be fetched ({why})").format(why=why) if why else _("is not here"),
                steps=steps,
                folder=CODE_FOLDER / self.name,
            ),
            command_line="--code DIR",
        )


@contextmanager
def first_on_path(folder: Optional[Path]) -> Iterator[None]:
    """Let imports look into `folder` first."""
    if folder is None:
        yield
        return
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def need_weights(options: TrackerOptions, title: str, where: str) -> WeightsFile:
    """Return the weights' file that the user picked.

    Raises:
        BadInput: none was picked, or it cannot be read.
    """
    if options.weights is None:
        raise BadInput(
            _("{title}: pick its weights file; it comes from {where}.").format(title=title, where=where),
            "--weights FILE",
        )
    return read_file(Path(options.weights))


def weights_or_fetched(options: TrackerOptions, title: str, url: str) -> WeightsFile:
    """Return the weights' file that the user picked, else the one that torch.hub keeps, fetched when first used.

    Raises:
        BadInput: it cannot be read.
        MissingDependency: it cannot be fetched.
    """
    import torch

    if options.weights is not None:
        return read_file(Path(options.weights))
    path = Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[1]
    if not path.is_file():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(url, str(path), progress=False)
        except Exception as error:  # URLError, HTTPError, timeouts, full disks...
            raise MissingDependency(
                _(
                    "{title}: its weights could not be fetched from {url} ({kind}: {error}). Connect to the internet "
                    "once, or fetch the file elsewhere and pick it."
                ).format(title=title, url=url, kind=type(error).__name__, error=error),
                command_line="--weights FILE",
            ) from error
    return read_file(path)
