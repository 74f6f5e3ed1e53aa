"""Numbers, prices, times and sizes as people of the user's country write them."""

from __future__ import annotations

from PySide6.QtCore import QLocale

FULL_WIDTH = frozenset({QLocale.Language.Chinese, QLocale.Language.Japanese})
"""Their punctuation has the width of a character."""

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "KRW": "₩", "JPY": "¥"}
"""Signs that mean one currency everywhere, or nearly so; the others are written as their code."""

_WHOLE = frozenset({"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF"})
"""Currencies without a smaller unit. Source: ISO 4217, table A.1, minor unit 0."""


def price_text(amount: float, currency: str, locale: QLocale | None = None) -> str:
    """`amount` as people of `locale` write it, without cents if there are none: `$14.99`, `12 €`, `14.99 CHF`."""
    locale = locale or QLocale()
    own = locale.currencySymbol(QLocale.CurrencySymbolFormat.CurrencyIsoCode)
    symbol = locale.currencySymbol() if currency == own else _SYMBOLS.get(currency, currency)
    # The country's own sign always means its own money: ¥ is the yuan in China.
    if symbol == currency or (currency != own and symbol == locale.currencySymbol()):
        # Signs of letters keep a distance, on whichever side they stand.
        symbol = f"\u00a0{currency}\u00a0"
    digits = 0 if currency in _WHOLE or round(amount * 100) % 100 == 0 else 2
    text = locale.toCurrencyString(amount, symbol, digits)
    return text.replace("\u00a0\u00a0", "\u00a0").strip("\u00a0")


def number_text(amount: float) -> str:
    """`amount` with as few digits as it needs: `5`, `2.5`."""
    return QLocale().toString(float(amount), "g", 6)


def time_text(seconds: int) -> str:
    """Minutes and seconds: `1:05`, `90:00`."""
    return f"{seconds // 60}:{seconds % 60:02}"


def size_text(size_bytes: int) -> str:
    """The size of a file: `148 MB`, `1.5 GB`."""
    digits = 1 if size_bytes >= 1_000_000_000 else 0
    return QLocale().formattedDataSize(size_bytes, digits, QLocale.DataSizeFormat.DataSizeSIFormat)


def labelled_text(label: str, text: str) -> str:
    """`text` after what it is or who says it."""
    colon = "\uff1a" if QLocale().language() in FULL_WIDTH else ": "
    return f"{label}{colon}{text}"
