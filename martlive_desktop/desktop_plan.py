"""The plan editor, joined to the plan's files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from martlive_desktop.settings import ShowSettings
    from martlive_desktop.ui.plan_editor import PlanEditor
    from martlive_desktop.ui.theme import Look


class PlanDesk(QObject):
    """Makes the editor when it is first opened."""

    saved = Signal(object)
    """A `SavedPlan`."""

    def __init__(self, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._editor: PlanEditor | None = None

    def use_look(self, look: Look) -> None:
        """Take another theme or size, when it is next opened: what is being written must not go."""
        self._look = look
        if self._editor is not None and not self._editor.isVisible():
            self._editor.deleteLater()
            self._editor = None

    def open(self, wish: ShowSettings) -> None:
        """Show the editor, with the plan that was saved last."""
        if self._editor is None:
            from martlive_desktop.adapters.plan_file import read_plan, read_table, read_templates, write_plan
            from martlive_desktop.ui.plan_editor import PlanEditor, PlanFiles

            self._editor = PlanEditor(self._look, PlanFiles(read_plan, write_plan, read_table, read_templates()))
            self._editor.saved.connect(self.saved)
            if wish.plan:
                self._editor.open_plan(Path(wish.plan))
        self._editor.show()
        self._editor.raise_()
        self._editor.activateWindow()

    def hide(self) -> None:
        """Take the editor off the screen."""
        if self._editor is not None:
            self._editor.hide()

    def may_quit(self) -> bool:
        """Whether nothing is left to save; where something is, the editor asks."""
        editor = self._editor
        if editor is None or editor.close():
            return True
        editor.show()
        editor.activateWindow()
        return False

    def close(self) -> None:
        self.hide()
        if self._editor is not None:
            self._editor.deleteLater()
            self._editor = None
