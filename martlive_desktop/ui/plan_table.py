"""The table of products: in the order of the show, changed in place, moved by hand or by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QByteArray,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)
from typing_extensions import override

from martlive_desktop.core.plan_csv import read_amount
from martlive_desktop.ui.fields import CHOSEN_SHARE
from martlive_desktop.ui.formats import number_text, price_text
from martlive_desktop.ui.plan_draft import Place
from martlive_desktop.ui.window_style import SMALL_PX, TEXT_PX, mix, surface_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from martlive_desktop.ui.plan_draft import ProductDraft
    from martlive_desktop.ui.plan_pictures import PictureFault, SmallPictures
    from martlive_desktop.ui.theme import Look

Index = QModelIndex | QPersistentModelIndex

NAME, PRICE, MINUTES = 0, 1, 2
COLUMNS = ("name", "price", "minutes")

NARROW_PX = 400
"""In a narrower table the names need the room of the minutes, which the product's own page has too."""

ROW_PX, THUMB_PX, PAD_PX = 48, 32, 10
ROWS_TYPE: Final = "application/x-martlive-rows"
_NOWHERE: Final = QModelIndex()


class ProductModel(QAbstractTableModel):
    """Gives the view what the draft says, and tells what the user wants; it changes nothing itself."""

    cell_edited = Signal(int, str, str)
    """Row, field, text."""
    rows_dropped = Signal(object, int)
    """Rows, sorted, and the row before which they are wanted."""

    def __init__(self, look: Look, pictures: SmallPictures, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = look.theme
        self._pictures = pictures
        self._products: tuple[ProductDraft, ...] = ()
        self._advice: Mapping[Place, str] = {}
        self._currency = ""
        pictures.picture_read.connect(self._show_picture)

    def show_products(self, products: tuple[ProductDraft, ...], advice: Mapping[Place, str], currency: str) -> None:
        """Show `products` with prices in `currency`; rows that stay keep their place in the view."""
        self._currency = currency
        self._advice = advice
        old, count = self._products, len(products)
        same_head = _count_same(old, products)
        same_tail = _count_same(old[same_head:][::-1], products[same_head:][::-1])
        gone, new = len(old) - same_tail, count - same_tail
        if len(old) == count:
            self._products = products
        elif gone == same_head:
            self.beginInsertRows(QModelIndex(), same_head, new - 1)
            self._products = products
            self.endInsertRows()
        elif new == same_head:
            self.beginRemoveRows(QModelIndex(), same_head, gone - 1)
            self._products = products
            self.endRemoveRows()
        else:
            self.beginResetModel()
            self._products = products
            self.endResetModel()
        if products:
            self.dataChanged.emit(self.index(0, 0), self.index(count - 1, len(COLUMNS) - 1))

    @override
    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._products)

    @override
    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section if orientation == Qt.Orientation.Horizontal else PRICE)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return str(section + 1)
        return (self.tr("Name"), self.tr("Price"), self.tr("Minutes"))[section]

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        product = self._products[index.row()]
        field = COLUMNS[index.column()]
        advice = self._advice.get(Place(index.row(), field), "")
        text: str = getattr(product, field)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._shown(text, index.column(), advice)
            case Qt.ItemDataRole.EditRole:
                return text
            case Qt.ItemDataRole.ToolTipRole:
                return "\n".join(self._said_of(index.row(), advice)) or None
            case Qt.ItemDataRole.AccessibleTextRole:
                return ". ".join(filter(None, (self._shown(text, index.column(), advice), advice)))
            case Qt.ItemDataRole.ForegroundRole:
                return QColor(self._theme.critical) if advice else None
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(index.column())
            case _:
                return None

    def _shown(self, text: str, column: int, advice: str) -> str:
        """`text` of a cell as people of this country write it; what is to be mended stays as it was typed."""
        if column == NAME:
            return text or self.tr("Give it a name")
        amount = None if advice else read_amount(text)
        if amount is None:
            return text
        return number_text(amount) if column == MINUTES else price_text(amount, self._currency)

    def picture_of(self, row: int) -> tuple[QPixmap | None, bool]:
        """The small picture of the product in `row`, and whether something is wrong with it."""
        pictures = self._products[row].pictures
        small = self._pictures.get(pictures[0]) if pictures else None
        if small is None:
            return None, False
        return (None, True) if small.fault else (QPixmap.fromImage(small.image), False)

    def is_wrong(self, index: Index) -> bool:
        """Whether this cell is to be mended."""
        return Place(index.row(), COLUMNS[index.column()]) in self._advice

    def _said_of(self, row: int, advice: str) -> list[str]:
        said = [advice] if advice else []
        for path in self._products[row].pictures[:1]:
            small = self._pictures.get(path)
            if small is not None and small.fault:
                said.append(self.picture_advice(small.fault, path))
        return said

    def picture_advice(self, fault: PictureFault, path: str) -> str:
        """What to do about a picture that cannot be shown."""
        name = path.replace("\\", "/").rpartition("/")[2]
        if fault == "missing":
            return self.tr("{name} is not there any more. Add the picture again.").format(name=name)
        if fault == "too_large":
            return self.tr("{name} is too large. Choose one of at most 50 megapixels.").format(name=name)
        return self.tr("{name} cannot be shown. Choose a JPEG, PNG or WebP picture.").format(name=name)

    @override
    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole:
            return False
        self.cell_edited.emit(index.row(), COLUMNS[index.column()], str(value))
        return True

    @override
    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        of_every = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return of_every | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled

    @override
    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    @override
    def mimeTypes(self) -> list[str]:
        return [ROWS_TYPE]

    @override
    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        rows = sorted({index.row() for index in indexes})
        data.setData(ROWS_TYPE, QByteArray(" ".join(map(str, rows)).encode()))
        return data

    @override
    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        if data.hasFormat(ROWS_TYPE):
            rows = [int(one) for one in bytes(data.data(ROWS_TYPE).data()).split()]
            before = row if row >= 0 else parent.row() if parent.isValid() else len(self._products)
            self.rows_dropped.emit(rows, before)
        # The draft moves them; True would let the view remove them as well.
        return False

    def _show_picture(self, path: str) -> None:
        for row, product in enumerate(self._products):
            if path in product.pictures[:1]:
                index = self.index(row, NAME)
                self.dataChanged.emit(index, index)


class ProductDelegate(QStyledItemDelegate):
    """Draws a row: its picture, its words, a bar where it is chosen, a ring around the cell that has the keyboard."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look

    @override
    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setProperty("cell", True)  # noqa: FBT003 - Qt's signature
        editor.setFont(self._look.font(TEXT_PX))
        headers = index.model().headerData(index.column(), Qt.Orientation.Horizontal)
        editor.setAccessibleName(str(headers))
        return editor

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(super().sizeHint(option, index).width(), round(self._look.px(ROW_PX)))

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look, surface = self._look, surface_of(self._look.theme)
        model = index.model()
        assert isinstance(model, ProductModel)
        box = QRectF(option.rect)
        state: QStyle.StateFlag = option.state
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_chosen:
            painter.fillRect(box, QColor(mix(surface.accent, surface.raised, CHOSEN_SHARE)))
            if index.column() == NAME:
                painter.fillRect(QRectF(box.x(), box.y(), look.px(3), box.height()), QColor(surface.accent))
        line = max(round(look.px(look.theme.border_px)), 1)
        painter.fillRect(QRectF(box.x(), box.bottom() - line, box.width(), line), QColor(surface.line))
        text_box = box.adjusted(look.px(PAD_PX), 0, -look.px(PAD_PX), 0)
        if index.column() == NAME:
            thumb = QRectF(text_box.x() + look.px(2), 0, look.px(THUMB_PX), look.px(THUMB_PX))
            thumb.moveTop(box.center().y() - thumb.height() / 2)
            self._paint_picture(painter, thumb, model, index.row())
            text_box.setLeft(thumb.right() + look.px(PAD_PX))
        elif model.is_wrong(index):
            sign = QRectF(text_box.x(), 0, look.px(14), look.px(14))
            sign.moveTop(box.center().y() - sign.height() / 2)
            look.paint_icon(painter, "triangle-alert", look.theme.critical, sign)
            text_box.setLeft(sign.right() + look.px(4))
        painter.setFont(look.font(TEXT_PX))
        # Red words on the chosen row's colour could not be read well enough.
        color = None if is_chosen else index.data(Qt.ItemDataRole.ForegroundRole)
        painter.setPen(color or QColor(look.theme.text))
        text = " ".join(str(index.data()).split())
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(text_box.width()))
        painter.drawText(text_box, _alignment(index.column()), shown)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(surface.accent), look.px(2)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            edge = look.px(2)
            painter.drawRoundedRect(box.adjusted(edge, edge, -edge, -edge), look.px(4), look.px(4))
        painter.restore()

    def _paint_picture(self, painter: QPainter, box: QRectF, model: ProductModel, row: int) -> None:
        look, surface = self._look, surface_of(self._look.theme)
        pixmap, is_wrong = model.picture_of(row)
        shape = QPainterPath()
        shape.addRoundedRect(box, look.px(6), look.px(6))
        if pixmap is not None:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setClipPath(shape)
            scale = max(box.width() / pixmap.width(), box.height() / pixmap.height())
            filled = QRectF(0, 0, pixmap.width() * scale, pixmap.height() * scale)
            filled.moveCenter(box.center())
            painter.drawPixmap(filled, pixmap, QRectF(pixmap.rect()))
            painter.restore()
            return
        painter.fillPath(shape, QColor(surface.hover))
        if is_wrong:
            third = box.width() / 4
            look.paint_icon(painter, "triangle-alert", look.theme.now, box.adjusted(third, third, -third, -third))


class ProductTable(QTableView):
    """Shows the products and asks for changes with signals."""

    move_wanted = Signal(object, int)
    """Rows, sorted, and the row before which they are wanted."""
    removal_wanted = Signal(object)
    """Rows, sorted."""
    row_chosen = Signal(int)
    """-1: none."""

    def __init__(self, look: Look, model: ProductModel) -> None:
        super().__init__()
        self.setModel(model)
        model.rows_dropped.connect(self.move_wanted)
        self.setItemDelegate(ProductDelegate(look, self))
        self.setFont(look.font(TEXT_PX))
        self.setAccessibleName(self.tr("Products"))
        self.setAccessibleDescription(self.tr("Alt+Up and Alt+Down move a product, Delete removes it, F2 changes it."))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDragDropOverwriteMode(False)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setCornerButtonEnabled(False)
        self._narrow_px = round(look.px(NARROW_PX))
        self._size_columns(look)
        self.selectionModel().currentRowChanged.connect(lambda now, _before: self.row_chosen.emit(now.row()))

    def _size_columns(self, look: Look) -> None:
        across, down = self.horizontalHeader(), self.verticalHeader()
        for header in (across, down):
            header.setFont(look.font(SMALL_PX))
            header.setHighlightSections(False)
        across.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        across.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        across.resizeSection(PRICE, round(look.px(104)))
        across.resizeSection(MINUTES, round(look.px(76)))
        across.setSectionsClickable(False)
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        down.setDefaultSectionSize(round(look.px(ROW_PX)))
        down.setFixedWidth(round(look.px(36)))
        down.setAccessibleName(self.tr("Order"))
        across.setAccessibleName(self.tr("Columns"))

    def choose_row(self, row: int) -> None:
        """Choose the product in `row`, in the column that has the keyboard, and show it."""
        column = max(self.currentIndex().column(), 0)
        index = self.model().index(row, column)
        self.setCurrentIndex(index)
        if index.isValid():
            self.selectRow(row)
            # Choosing a row makes its first column the current one.
            self.selectionModel().setCurrentIndex(index, self.selectionModel().SelectionFlag.NoUpdate)
            self.scrollTo(index)

    def chosen_rows(self) -> list[int]:
        """Rows that are chosen, sorted."""
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self.setColumnHidden(MINUTES, self.width() < self._narrow_px)
        super().resizeEvent(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        # What the line of a cell does not use comes here as well.
        if self.state() == QAbstractItemView.State.EditingState:
            super().keyPressEvent(event)
            return
        rows = self.chosen_rows()
        key, is_alt = event.key(), event.modifiers() == Qt.KeyboardModifier.AltModifier
        if is_alt and key == Qt.Key.Key_Up:
            if rows and rows[0] > 0:
                self.move_wanted.emit(rows, rows[0] - 1)
        elif is_alt and key == Qt.Key.Key_Down:
            if rows and rows[-1] < self.model().rowCount() - 1:
                self.move_wanted.emit(rows, rows[-1] + 2)
        elif key in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            if rows:
                self.removal_wanted.emit(rows)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.currentIndex().isValid():
            self.edit(self.currentIndex())
        else:
            super().keyPressEvent(event)


def _count_same(first: Iterable[object], second: Iterable[object]) -> int:
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _alignment(column: int) -> int:
    side = Qt.AlignmentFlag.AlignLeft if column == NAME else Qt.AlignmentFlag.AlignRight
    return (side | Qt.AlignmentFlag.AlignVCenter).value
