"""Unsaved annotation that a crash left in journals: offered when the module is opened, kept until it is decided."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from ....annotation.journal import Recovered, abandoned_journals, remove_journal
from ....i18n import tr as _
from ....scene.annotation.record import restore
from ....scene.mrml.frames import Later
from ...qt.dialogs import Dialogs
from ..editors import SetEditors
from .view import SetsWidgets

_MOST_LINES = 3


class RestorePresenter:
    """Asks once for each journal; afterwards the two buttons decide."""

    def __init__(self, editors: SetEditors, view: SetsWidgets, dialogs: Dialogs, later: Later) -> None:
        self._editors, self._view, self._dialogs, self._later = editors, view, dialogs, later
        self._lost: list[Recovered] = []
        self._asked: set[str] = set()
        self._clip = ""
        self._entered = self._waiting = False
        editors.changed.connect(self._on_changed)

    def enter(self) -> None:
        """The module is shown: look for journals soon, when the window is drawn."""
        self._entered = True
        self._look_soon()

    def exit(self) -> None:
        """Another module is shown."""
        self._entered = False

    def _on_changed(self) -> None:
        """Look again when another clip was chosen."""
        browser = self._editors.browser
        clip = browser.GetID() if browser is not None else ""
        if clip != self._clip:
            self._clip = clip
            self._look_soon()

    def _look_soon(self) -> None:
        if self._entered and not self._waiting:
            self._waiting = True
            self._later(self._look)

    def _look(self) -> None:
        self._waiting = False
        if self._entered:
            self._lost = abandoned_journals(self._editors.opened.journal_folders())
            self.offer()

    def offer(self) -> None:
        """Ask about each journal that fits the clip and was not asked about before."""
        for recovered in [r for r in self._lost if self._fits(r) and r.identifier not in self._asked]:
            self._asked.add(recovered.identifier)
            question = _(
                "Work on the annotation set '{name}' of clip '{clip}' was not saved: {n} edits{when}. Restore it?"
            )
            if self._dialogs.confirm(_described(question, recovered)):
                self._restore(recovered)
        self._show()

    def restore(self) -> None:
        """Restore all that fits the clip."""
        for recovered in [r for r in self._lost if self._fits(r)]:
            self._restore(recovered)
        self._show()

    def discard(self) -> None:
        """Delete the journals, after a question."""
        if self._lost and self._dialogs.confirm(
            _("Delete {n} unsaved annotation sets for good?").format(n=len(self._lost))
        ):
            for recovered in self._lost:
                self._remove(recovered)
            self._lost = []
        self._show()

    def _restore(self, recovered: Recovered) -> None:
        session = self._editors.session
        name = _("{name} (restored)").format(name=recovered.name or recovered.annotation.annotator or _("Annotation"))
        sequence = restore(session.scene, session.browser, recovered, name)
        self._editors.choose(sequence)
        self._editors.opened.keep(sequence)  # its own journal is on disk before the old one goes
        self._remove(recovered)
        self._view.open_section()
        self._lost = [r for r in self._lost if r.identifier != recovered.identifier]

    def _remove(self, recovered: Recovered) -> None:
        folders: tuple[Path, ...] = (*self._editors.opened.journal_folders(), recovered.path.parent)
        remove_journal(recovered.identifier, folders)

    def _fits(self, recovered: Recovered) -> bool:
        cine = self._editors.session.cine() if self._editors.browser is not None else None
        annotation = recovered.annotation
        return (
            cine is not None
            and annotation.n_frames == cine.n_frames
            and (annotation.size is None or annotation.size == cine.size)
        )

    def _show(self) -> None:
        if not self._lost:
            self._view.show_lost("", False)
            return
        fits = [r for r in self._lost if self._fits(r)]
        text = _("Unsaved work: '{name}' of clip '{clip}', {n} edits{when}.")
        listed = fits or self._lost
        lines = [_described(text, r) for r in listed[:_MOST_LINES]]
        if len(listed) > _MOST_LINES:
            lines.append(_("And {n} more.").format(n=len(listed) - _MOST_LINES))
        if not fits:
            lines.append(_("Load the clip it was made on to restore it."))
        self._view.show_lost("\n".join(lines), bool(fits))


def _described(text: str, recovered: Recovered) -> str:
    last = ""
    with suppress(OSError):  # the journal has just gone
        last = datetime.fromtimestamp(recovered.path.stat().st_mtime).strftime("%Y-%m-%d %H:%M")  # its last edit
    return text.format(
        name=recovered.name or recovered.annotation.annotator or "?",
        clip=recovered.annotation.clip or "?",
        n=recovered.edits,
        when=_(", last {time}").format(time=last) if last else "",
    )
