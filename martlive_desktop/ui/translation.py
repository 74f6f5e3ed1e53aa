"""The language of the windows: MartLive's own words and Qt's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication


def QT_TRANSLATE_NOOP(_context: str, text: str) -> str:  # noqa: N802 - lupdate finds texts by this name
    """`text` itself, to be translated where it is shown, in the language of that moment."""
    return text


def install_translation(app: QApplication, language: str, resources: Path) -> QLocale:
    """Speak `language`, such as `zh_CN`, or the system's where it is empty, in every window that is made from now on."""
    locale = QLocale(language) if language else QLocale.system()
    if locale.language() == QLocale.Language.C:
        # Where nothing is set up, dates and plurals are English, too.
        locale = QLocale("en_US")
    for old in app.findChildren(QTranslator):
        app.removeTranslator(old)
        old.deleteLater()
    QLocale.setDefault(locale)
    of_qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, folder in (("qtbase", of_qt), ("martlive", str(resources / "translations"))):
        translator = QTranslator(app)
        if translator.load(locale, name, "_", folder):
            app.installTranslator(translator)
    return locale
