"""Which annotation set of the clip is worked on, and what is shown beside it."""

from __future__ import annotations

from typing import Any, Optional

from ...annotation.annotation import Annotation
from ...errors import BadInput
from ...i18n import tr as _
from ...scene import results as study
from ...scene.annotation import sets as annotation_sets
from ...scene.annotation.editor import AnnotationEditor
from ...scene.annotation.sequence import find_annotations, keep_on_screen, read_annotation, set_editable
from ..qt.dialogs import Dialogs
from ..qt.signal import Signal
from ..session import Session, Undoable
from .open_editors import OpenEditors

ANNOTATOR_SETTING = "EchoTracker/Annotator"


class SetEditors:
    """Shared by the presenters of the section "Annotation".

    A set can be edited while the module is shown, the section is open and the set is chosen; at any other time its
    points are locked. Its journal lives on until the set is saved or gone.

    Attributes:
        session: of the panel.
        editor: of the set that is edited now, or None.
        partner: the set, as it was then, that the chosen one is compared with, or None.
        problem: why the chosen set cannot be edited, "" when it can.
        notice: what was put back, to be said once.
        opened: the editors of all sets that were edited since they were saved.
        changed: emitted after another set is chosen or edited, and when the list of sets changed.
        undoable: what the shortcuts for undo act on while sets are edited.
    """

    def __init__(self, session: Session, dialogs: Dialogs) -> None:
        self.session = session
        self.editor: Optional[AnnotationEditor] = None
        self.partner: Optional[Annotation] = None
        self.problem = self.notice = ""
        self.changed = Signal()
        self.undoable: Optional[Undoable] = None
        self._dialogs = dialogs
        self.opened = OpenEditors(session.scene, self.proxy)
        self._seen: set[str] = set()
        self._shown: tuple[Any, ...] = ()
        self._open = self._entered = self._refreshing = False
        self._compared: tuple[Any, ...] = ()
        session.changed.connect(self.refresh)

    # -- what there is -----------------------------------------------------------------------
    @property
    def browser(self) -> Any:
        """The clip's sequence browser, None without a clip."""
        return self.session.browser if self.session.is_clip else None

    @property
    def sets(self) -> list[Any]:
        """Sequence nodes of the clip's sets."""
        browser = self.browser
        return [] if browser is None else find_annotations(self.session.scene, browser)

    @property
    def chosen(self) -> Any:
        """The sequence node of the chosen set, or None."""
        browser = self.browser
        return annotation_sets.chosen_set(browser) if browser is not None else None

    def name(self, sequence: Any) -> str:
        """Return the name of a set."""
        return annotation_sets.set_name(self.session.scene, sequence)

    def proxy(self, sequence: Any) -> Any:
        """Return the point list on screen of a set, or None."""
        return annotation_sets.proxy_of(self.session.scene, sequence) if sequence is not None else None

    def need_editor(self) -> AnnotationEditor:
        """Return the editor.

        Raises:
            BadInput: no set is being edited.
        """
        if self.editor is None:
            raise BadInput(self.problem or _("Choose or create an annotation set first."))
        return self.editor

    def claim_undo(self) -> None:
        """Let the shortcuts for undo act on the set that is edited."""
        self.session.edited = self.undoable

    def give_up_undo(self) -> None:
        """Let them act elsewhere, if they act on a set."""
        if self.session.edited is self.undoable:
            self.session.edited = None

    @property
    def has_undo(self) -> bool:
        """Whether the shortcuts for undo act on the set that is edited."""
        return self.editor is not None and self.session.edited is self.undoable

    # -- what happens ------------------------------------------------------------------------
    def set_open(self, is_open: bool) -> None:
        """The user opened or closed the section."""
        self._open = is_open
        self.refresh()

    def enter(self) -> None:
        """The module is shown."""
        self._entered = True
        self.opened.reread()
        self._forget_removed()
        self.refresh()

    def exit(self) -> None:
        """Another module is shown."""
        self._entered = False
        self.refresh()

    def choose(self, sequence: Any) -> None:
        """Work on this set; None on none."""
        if self.browser is not None:
            annotation_sets.choose_set(self.browser, sequence)
        self.refresh()

    def compare(self, *sequences: Any) -> None:
        """Show these sets beside the chosen one, locked; none shows the chosen one alone."""
        self._compared = sequences
        self.refresh()

    def refresh(self) -> None:
        """Follow the clip, the scene and the section."""
        if self._refreshing:  # locking and showing sets tells the session of changes
            return
        self._refreshing = True
        try:
            sets = self.sets
            self._keep_on_screen(sets)
            self._forget_removed()
            self.opened.renew_journals()
            self._lock_new(sets)
            working = self._open and self._entered and self.browser is not None
            if working and self.chosen not in sets:
                annotation_sets.choose_set(self.browser, sets[-1] if sets else None)
            self._take_up(self.chosen if working else None)
            if self._entered and self.browser is not None:
                self._show(sets)
        finally:
            self._refreshing = False
        self.changed.emit()

    def drop(self, sequence: Any) -> None:
        """Forget a set that is about to be removed by the user, with its journal."""
        if self.editor is not None and self.editor is self.opened.find(sequence):
            self.editor = None
        self.opened.drop(sequence)

    def note_saved(self) -> None:
        """The scene may have been saved: what is in a file is not needed in a journal any more."""
        self._forget_removed()
        if self.opened.renew_journals():
            self.changed.emit()

    def close(self) -> None:
        """The scene is closing: nothing may hold on to its nodes. What is in no file stays in the journals."""
        self.opened.close()
        self._seen.clear()
        self._shown = self._compared = ()
        self.editor, self.partner, self.problem = None, None, ""
        self.changed.emit()

    # -- inside ------------------------------------------------------------------------------
    def _keep_on_screen(self, sets: list[Any]) -> None:
        """Make the point lists again that somebody deleted, e.g. by "Delete Point List" of Slicer's context menu."""
        back = [s for s in sets if keep_on_screen(self.session.scene, self.browser, s)]
        if back:
            study.put_in_folder(self.session.scene, self.browser, [self.proxy(s) for s in back])
            self._shown = ()
            text = _("The point list of {names} was put back; delete a set in the list of sets.")
            self.notice = text.format(names=", ".join(self.name(s) for s in back))

    def _forget_removed(self) -> None:
        """Let go of sets that were removed from the scene, or whose clip was."""
        self.opened.forget_removed()
        if self.editor is not None and not self.opened.has(self.editor):
            self.editor = None
        self._compared = tuple(s for s in self._compared if s.GetScene() is not None)

    def _lock_new(self, sets: list[Any]) -> None:
        """Lock sets that come from a file: they may have been saved while they were edited."""
        for sequence in sets:
            if sequence.GetID() not in self._seen:
                self._seen.add(sequence.GetID())
                if self.opened.find(sequence) is None:
                    set_editable(self.browser, sequence, False)

    def _take_up(self, sequence: Any) -> None:
        """Make this the set that is edited, None for none."""
        now = self.opened.find(sequence)
        if self.editor is not None and self.editor is not now:
            self.editor.set_editable(False)
            self.editor = None
        self.problem = ""
        if sequence is None or self.editor is not None:
            return
        try:
            if now is None:
                now = self.opened.open(sequence)
            else:
                now.set_editable(True)
            self.editor = now
        except BadInput as error:
            self.problem = str(error)

    def _show(self, sets: list[Any]) -> None:
        """Show the chosen set and those it is compared with; others would tell an annotator where to click.

        With the section closed none is shown: sets would lie over the tracks and take their drags.
        """
        chosen, compared = (self.chosen, self._compared) if self._open else (None, ())
        others = [sequence for sequence in sets if sequence is not chosen and sequence in compared]
        if (chosen, *others) != self._shown and self.browser is not None:
            self._shown = (chosen, *others)
            annotation_sets.show_sets(self.session.scene, self.browser, chosen, others)
            self.partner = read_annotation(self.session.scene, others[0]) if len(others) == 1 else None

    def annotator(self, typed: Optional[str] = None) -> str:
        """Return the annotator's name as last typed; remember it first when one is given."""
        return self._dialogs.setting(ANNOTATOR_SETTING, typed)
