"""What is known of the chosen product: its facts, what to say of it and what not, its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from martlive_desktop.ui.fields import Labelled, LineField, ListField
from martlive_desktop.ui.plan_draft import ProductDraft
from martlive_desktop.ui.window_style import GRID_PX, HEADING_PX, SMALL_PX, TEXT_PX, paint, surface_of, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlive_desktop.ui.plan_pictures import SmallPictures
    from martlive_desktop.ui.plan_table import ProductModel
    from martlive_desktop.ui.theme import Look

PICTURE_PX = 64


class PictureList(QListWidget):
    """The pictures of one product; Delete takes the chosen one away."""

    removal_wanted = Signal(int)

    def __init__(self, look: Look, pictures: SmallPictures, model: ProductModel) -> None:
        super().__init__()
        self._look, self._pictures, self._model = look, pictures, model
        self._paths: tuple[str, ...] = ()
        self.setObjectName("pictures")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListView.Movement.Static)
        side = round(look.px(PICTURE_PX))
        self.setIconSize(QSize(side, side))
        self.setGridSize(QSize(side + round(look.px(12)), side + round(look.px(12))))
        self.setFixedHeight(side + round(look.px(28)))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        pictures.picture_read.connect(self._show_again)

    def show_paths(self, paths: tuple[str, ...]) -> None:
        """Show the pictures at `paths`."""
        if paths != self._paths:
            self._paths = paths
            self._fill()
        self.setVisible(bool(paths))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace} and self.currentRow() >= 0:
            self.removal_wanted.emit(self.currentRow())
        else:
            super().keyPressEvent(event)

    def _show_again(self, path: str) -> None:
        if path in self._paths:
            self._fill()

    def _fill(self) -> None:
        row = self.currentRow()
        self.clear()
        for path in self._paths:
            small = self._pictures.get(path)
            name = path.replace("\\", "/").rpartition("/")[2]
            fault = self._model.picture_advice(small.fault, path) if small is not None and small.fault else ""
            item = QListWidgetItem(self._icon(None if small is None or fault else QPixmap.fromImage(small.image)), "")
            item.setSizeHint(self.gridSize())
            item.setToolTip(fault or name)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, fault or name)
            self.addItem(item)
        self.setCurrentRow(min(max(row, 0), len(self._paths) - 1))

    def _icon(self, picture: QPixmap | None) -> QIcon:
        look, side, ratio = self._look, self.iconSize().width(), self.devicePixelRatioF()
        pixmap = QPixmap(round(side * ratio), round(side * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(QColor(surface_of(look.theme).hover))
        painter = QPainter(pixmap)
        if picture is not None:
            size = picture.size().scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(
                (side - size.width()) // 2, (side - size.height()) // 2, size.width(), size.height(), picture
            )
        painter.end()
        icon = QIcon(pixmap)
        # The chosen one has a ring; its colours stay.
        icon.addPixmap(pixmap, QIcon.Mode.Selected)
        return icon


class ProductDetails(QFrame):
    """Shows one product and tells what is typed into it."""

    field_edited = Signal(str, str)
    pictures_wanted = Signal()
    """The user wants to choose some."""
    picture_removed = Signal(int)
    removal_wanted = Signal()

    def __init__(self, look: Look, pictures: SmallPictures, model: ProductModel) -> None:
        super().__init__()
        self.setObjectName("card")
        self._look = look
        self._lines: dict[str, LineField] = {}
        self._lists: dict[str, ListField] = {}
        self._labelled: dict[str, Labelled] = {}
        self._title = words(look, "", color=look.theme.text, text_px=HEADING_PX, is_bold=True)
        self._remove = QPushButton(self.tr("Remove"))
        self._remove.setAccessibleName(self.tr("Remove this product"))
        self._remove.clicked.connect(self.removal_wanted)
        self._pictures = PictureList(look, pictures, model)
        self._pictures.removal_wanted.connect(self.picture_removed)
        self._add_picture = QPushButton(self.tr("Add pictures…"))
        self._add_picture.clicked.connect(self.pictures_wanted)
        self._remove_picture = QPushButton(self.tr("Remove"))
        self._remove_picture.setAccessibleName(self.tr("Remove the chosen picture"))
        self._remove_picture.clicked.connect(lambda: self.picture_removed.emit(self._pictures.currentRow()))
        self._hint = words(
            look,
            self.tr("Choose a product, and note here what you want to say about it."),
            color=look.theme.text_dim,
            text_px=TEXT_PX,
        )
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        self.show_product(None, {}, "")

    @property
    def name(self) -> LineField:
        """The field of the name: where a new product begins."""
        return self._lines["name"]

    def field(self, name: str) -> QWidget:
        """The widget in which the field `name` is changed."""
        return self._lines.get(name) or self._lists.get(name) or self._add_picture

    def scroll_to(self, widget: QWidget) -> None:
        """Show `widget`, if it is one of the product's."""
        if self._room.isAncestorOf(widget):
            self._room.ensureWidgetVisible(widget)

    def show_product(self, product: ProductDraft | None, advice: Mapping[str, str], currency: str) -> None:
        """Show `product` and what is to be done, by field; None: nothing is chosen."""
        self._pages.setCurrentIndex(0 if product is None else 1)
        self._remove.setVisible(product is not None)
        shown = product or ProductDraft()
        self._title.setText("" if product is None else " ".join(shown.name.split()) or self.tr("New product"))
        for name, line in self._lines.items():
            line.show_text(getattr(shown, name))
        for name, area in self._lists.items():
            area.show_text(getattr(shown, name))
        for name, labelled in self._labelled.items():
            labelled.advise(advice.get(name, ""))
        self._lines["price"].setPlaceholderText(currency)
        self._pictures.show_paths(shown.pictures)
        self._remove_picture.setVisible(bool(shown.pictures))

    def _lay_out(self) -> None:
        look = self._look
        gap, edge = round(look.px(2 * GRID_PX)), round(look.px(2 * GRID_PX))
        numbers = QHBoxLayout()
        numbers.setSpacing(gap)
        form = QVBoxLayout()
        form.setSpacing(gap)
        form.setContentsMargins(0, 0, edge, 0)
        form.addWidget(self._line("name", self.tr("Name")))
        numbers.addWidget(self._line("price", self.tr("Price")), 1)
        numbers.addWidget(self._line("minutes", self.tr("Minutes")), 1)
        form.addLayout(numbers)
        form.addWidget(
            self._list("facts", self.tr("Facts"), self.tr("One a line: size, material, what is in the box."))
        )
        form.addWidget(
            self._list("talking_points", self.tr("Talking points"), self.tr("One a line: what you want to have said."))
        )
        form.addWidget(
            self._list("do_not_say", self.tr("Do not say"), self.tr("One a line: promises that you may not make."))
        )
        form.addWidget(
            self._list("aliases", self.tr("Other names"), self.tr("One a line: what else you call it on air."))
        )
        form.addWidget(self._pictures_part())
        form.addStretch()
        filled = QWidget()
        filled.setLayout(form)
        self._room = room = QScrollArea()
        room.setWidgetResizable(True)
        room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        room.setWidget(filled)
        filled.setAutoFillBackground(False)
        room.viewport().setAutoFillBackground(False)
        room.setMinimumWidth(filled.minimumSizeHint().width() + round(look.px(2 * GRID_PX)))
        self._pages = QStackedWidget()
        self._pages.addWidget(self._hint)
        self._pages.addWidget(room)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(edge, edge, round(look.px(0.5 * GRID_PX)), edge)
        column.setSpacing(gap)
        head.setContentsMargins(0, 0, round(look.px(1.5 * GRID_PX)), 0)
        column.addLayout(head)
        column.addWidget(self._pages, 1)

    def _line(self, name: str, label: str) -> Labelled:
        field = LineField()
        field.setFont(self._look.font(TEXT_PX))
        field.textEdited.connect(lambda text: self.field_edited.emit(name, text))
        self._lines[name] = field
        return self._keep(name, Labelled(self._look, label, field))

    def _list(self, name: str, label: str, hint: str) -> Labelled:
        field = ListField(self._look)
        field.text_edited.connect(lambda text: self.field_edited.emit(name, text))
        self._lists[name] = field
        return self._keep(name, Labelled(self._look, label, field, hint))

    def _keep(self, name: str, labelled: Labelled) -> Labelled:
        self._labelled[name] = labelled
        return labelled

    def _pictures_part(self) -> Labelled:
        look = self._look
        part = QWidget()
        column, buttons = QVBoxLayout(part), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(round(look.px(GRID_PX)))
        buttons.setSpacing(round(look.px(GRID_PX)))
        buttons.addWidget(self._add_picture)
        buttons.addWidget(self._remove_picture)
        buttons.addStretch()
        column.addWidget(self._pictures)
        column.addLayout(buttons)
        hint = self.tr("MartLive then sees what you show. Three are enough: front, back, in use.")
        labelled = self._keep("pictures", Labelled(look, self.tr("Pictures"), part, hint))
        self._pictures.setAccessibleName(self.tr("Pictures of this product"))
        self._pictures.setAccessibleDescription(self.tr("Delete removes the chosen picture."))
        paint(labelled.advice, look.theme.text_dim)
        labelled.advice.setFont(look.font(SMALL_PX))
        return labelled
