"""The page "EchoTracker" of Slicer's Edit > Application Settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...i18n import tr as _
from ...tracking.registry import DEFAULT_TRACKER, tracker_infos
from ..qt.dialogs import SlicerDialogs, guarded
from . import settings
from .weights_folder import ModelFolder, default_folder, size_text


class SettingsPage:
    """Widgets of the page; `panel` is what Slicer's settings dialog shows.

    Each setting is bound to a property of a widget: ctkSettingsPanel reads, writes, resets and restores it. The page is
    made when Slicer starts; the list of trackers, which loads every tracker's file, is filled when it is first shown.
    """

    def __init__(self) -> None:
        import ctk
        import qt

        self.panel = ctk.ctkSettingsPanel()
        box = qt.QVBoxLayout(self.panel)
        box.addWidget(self._new_scenes())
        box.addWidget(self._models())
        box.addStretch(1)
        self._show_size()
        self._watch()

    def _watch(self) -> None:
        import qt

        class Filter(qt.QObject):  # a class of its own here: qt is only there inside Slicer
            """Tells when the page is shown."""

            def eventFilter(self, _watched: Any, event: Any) -> bool:
                """Look at the event, let it pass."""
                if event.type() == qt.QEvent.Show:
                    fill()
                return False

        fill = self.fill_trackers
        self._filter = Filter()
        self.panel.installEventFilter(self._filter)

    def fill_trackers(self) -> None:
        """List all trackers; the chosen one stays chosen."""
        for info in tracker_infos():
            index = self.tracker.findData(info.name)
            if index < 0:
                self.tracker.addItem(info.title, info.name)
            else:
                self.tracker.setItemText(index, info.title)

    def _new_scenes(self) -> Any:
        import ctk
        import qt

        group = qt.QGroupBox(_("New scenes start with"))
        form = qt.QFormLayout(group)
        known = dict.fromkeys((DEFAULT_TRACKER, SlicerDialogs().setting(settings.TRACKER) or DEFAULT_TRACKER))
        self.tracker = self._choice(settings.TRACKER, [(name, name) for name in known], DEFAULT_TRACKER)
        self.tracker.toolTip = _("Tracker that is chosen in a new scene")
        form.addRow(_("Tracker:"), self.tracker)
        self.device = self._choice(settings.DEVICE, [(name, name) for name in settings.DEVICES], "auto")
        self.device.toolTip = _("Where to compute: auto uses a graphics card where there is a suitable one")
        form.addRow(_("Device:"), self.device)
        self.confidence = qt.QCheckBox()
        self.confidence.checked = True
        self.confidence.toolTip = _("Track backwards as well and tell how reliable each point is. Takes twice as long.")
        mapper = ctk.ctkBooleanMapper(self.confidence, "checked", str(qt.SIGNAL("toggled(bool)")))
        self._mapper = mapper  # nobody else holds on to it
        changed = str(qt.SIGNAL("valueAsIntChanged(int)"))
        self.panel.registerProperty(settings.CONFIDENCE, mapper, "valueAsInt", changed)
        form.addRow(_("Estimate confidence:"), self.confidence)
        return group

    def _choice(self, key: str, entries: list[tuple[str, str]], default: str) -> Any:
        import ctk
        import qt

        combo = ctk.ctkComboBox()
        for value, title in entries:
            combo.addItem(title, value)
        combo.currentIndex = [value for value, _title in entries].index(default)
        changed = str(qt.SIGNAL("currentIndexChanged(int)"))
        self.panel.registerProperty(key, combo, "currentUserDataAsString", changed)
        return combo

    def _models(self) -> Any:
        import ctk
        import qt

        group = qt.QGroupBox(_("Models"))
        form = qt.QFormLayout(group)
        self.folder = ctk.ctkDirectoryButton()
        self.folder.directory = str(default_folder())
        self.folder.toolTip = _("Weights that you keep are copied into this folder. Nothing is downloaded.")
        self.panel.registerProperty(
            settings.MODEL_FOLDER, self.folder, "directory", str(qt.SIGNAL("directoryChanged(QString)"))
        )
        self.folder.connect("directoryChanged(QString)", self._on_folder)
        form.addRow(_("Folder:"), self.folder)
        self.size = qt.QLabel()
        form.addRow(_("Size:"), self.size)
        buttons = qt.QHBoxLayout()
        self.open = qt.QPushButton(_("Open folder"))
        self.open.toolTip = _("Show the folder in the file manager")
        self.open.connect("clicked()", self._on_open)
        self.clear = qt.QPushButton(_("Clear"))
        self.clear.toolTip = _("Remove the weights that were kept in the folder; other files in it stay")
        self.clear.connect("clicked()", self._on_clear)
        buttons.addWidget(self.open)
        buttons.addWidget(self.clear)
        form.addRow(buttons)
        return group

    def _kept(self) -> ModelFolder:
        return ModelFolder(Path(self.folder.directory))

    def _show_size(self) -> None:
        kept = self._kept()
        self.size.text = size_text(len(kept.checksums()), kept.size())

    @guarded(_("The model folder could not be read."))
    def _on_folder(self, _path: str) -> None:
        self._show_size()

    @guarded(_("The model folder could not be opened."))
    def _on_open(self) -> None:
        import qt

        folder = self._kept().folder
        folder.mkdir(parents=True, exist_ok=True)
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(folder)))

    @guarded(_("The models could not be removed."))
    def _on_clear(self) -> None:
        kept = self._kept()
        text = _("Remove {files} from {folder}?").format(
            files=size_text(len(kept.checksums()), kept.size()), folder=kept.folder
        )
        if SlicerDialogs().confirm(text):
            kept.clear()
            self._show_size()
