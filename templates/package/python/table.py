"""Reads a CSV file into columns of values, the way the training table was read: model.json, "table", has the rules; writes answers.

The file is UTF-8, plain or gzipped; the first line names the columns; cells are separated by comma, semicolon,
tab or bar, and quoted with doubled quotes where needed. Columns are found by name, in any order; columns the
model does not know are left aside. What cannot be read as its column's kind is missing: None.
"""

import csv
import datetime
import gzip
import io
import json
import re
import zlib
from decimal import Decimal
from pathlib import Path

# What strip() takes off, and what an empty cell may hold.
SPACES = " \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
BLANK = "".join(map(chr, range(33))) + "\u00a0"


class InputError(Exception):
    """One sentence for the person who gave the file, and the exit status that goes with it."""

    def __init__(self, message, exit_code=65):
        super().__init__(message)
        self.exit_code = exit_code


def read_table(path, schema, layouts=()):
    """{name: values} of the columns in `schema`: floats, texts, or dates as milliseconds since 1970.

    `layouts` is for files whose first line is a row already: lists of names that rows of as many cells may have.
    """
    features = [column for column in schema if column["use"] == "feature"]
    names, rows = read_rows(path, {column["name"] for column in features}, layouts)
    lacking = [quoted(column["name"]) for column in features if column["name"] not in names]
    if lacking:
        what = "the column" if len(lacking) == 1 else f"{len(lacking)} columns"
        more = f" and {len(lacking) - 20} more" if len(lacking) > 20 else ""
        raise InputError(
            f"E_MISSING_COLUMNS: {quoted(path)} lacks {what} the model was trained on: {', '.join(lacking[:20])}{more}"
        )
    cells = dict(zip(names, zip(*rows) if rows else [()] * len(names)))
    return {column["name"]: values(cells[column["name"]], column) for column in features}


def values(cells, column):
    meaning = {text: value(text, column) for text in set(cells)}  # each different text is read once
    return [meaning[text] for text in cells]


def value(text, column):
    """What one cell means."""
    if text.strip(BLANK) == "" or text in column["missing"] or text.strip(SPACES) in column["missing"]:
        return None
    if column["kind"] == "numeric":
        return number(text, **column.get("number", PLAIN))
    if column["kind"] == "datetime":
        return date(text, column["datetime"]["order"])
    return text


# --- rows ---------------------------------------------------------------------------------------------------------


def read_rows(path, known, layouts):
    """Column names and rows. The delimiter is the one under which the first line holds most `known` names, or is as wide as a layout."""
    text = read_text(path)
    if text.strip(SPACES) == "":
        raise InputError(f"E_EMPTY_FILE: {quoted(path)} has no data: a header and rows were expected")
    csv.field_size_limit(1 << 24)
    headers = [(mark, header_of(csv_reader(text, mark, strict=False))) for mark in ",;\t|"]
    fits = {len(names): names for names in reversed(layouts)}
    delimiter, header = max(
        headers, key=lambda item: len(item[1]) in fits if layouts else len(known.intersection(item[1]))
    )
    if layouts and len(header) not in fits:
        raise InputError(
            f"E_RAGGED_FILE: {quoted(path)} has {len(header)} cells a row: "
            f"{' or '.join(map(str, sorted(fits)))} were expected, in the order of the columns at training"
        )
    rows = []
    reader = csv_reader(text, delimiter, strict=True)
    try:
        if not layouts:
            header_of(reader)
        for cells in reader:
            if len(header) > 1 and is_blank(cells):
                continue
            cells = cells or [""]
            if len(cells) != len(header):
                raise InputError(
                    f"E_RAGGED_FILE: {quoted(path)} line {reader.line_num} has {len(cells)} cells: "
                    f"{len(header)} were expected, as in its first line; mend that line"
                )
            rows.append(cells)
    except csv.Error as error:
        raise InputError(
            f"E_BAD_CSV: {quoted(path)} line {reader.line_num} has a misplaced quote: quotes stand around a whole cell, "
            f"and are doubled inside it; mend that line"
        ) from error
    names = fits[len(header)] if layouts else column_names(header)
    return names, unpadded(rows, [header, *rows[:999]], path)


def unpadded(rows, sample, path):
    """A blank behind nearly every delimiter, as in 39, Private, 77516, belongs to the delimiter."""
    cells = [cell for row in sample[1:] or sample for cell in row[1:] if cell]
    if not cells or sum(cell[0] == " " for cell in cells) < 0.95 * len(cells):
        return rows
    if any(cell.startswith(' "') for row in rows for cell in row[1:]):
        raise InputError(f"E_BAD_CSV: {quoted(path)} has blanks between delimiters and quotes; take them out")
    return [[row[0], *(cell.removeprefix(" ") for cell in row[1:])] for row in rows]


def csv_reader(text, delimiter, strict):
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)


def header_of(reader):
    return next(cells for cells in reader if not is_blank(cells))


def is_blank(cells):
    return len(cells) < 2 and "".join(cells).strip(SPACES) == ""


def read_text(path):
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"E_NO_SUCH_FILE: {quoted(path)} cannot be read ({error.strerror})", 66) from error
    try:
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"E_NOT_UTF8: {quoted(path)} is not UTF-8; save it as UTF-8") from error
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"E_BAD_GZIP: {quoted(path)} holds damaged gzip data; copy it again") from error


def column_names(header):
    """Blank names become col_1, col_2 … by position; repeated ones a, a__2, a__3."""
    names = {}
    for position, given in enumerate(header, 1):
        name = given if given.strip(SPACES) else f"col_{position}"
        unique, copy = name, 2
        while unique in names or (unique != name and unique in header):
            unique, copy = f"{name}__{copy}", copy + 1
        names[unique] = position
    return list(names)


def quoted(name):
    return json.dumps(str(name), ensure_ascii=False)


# --- numbers ------------------------------------------------------------------------------------------------------

PLAIN = {"decimal": ".", "thousands": "", "percent": False, "currency": ""}
PLAIN_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

TELEPHONE = re.compile(r"[0-9 ()/-]*")


def number(text, decimal, thousands, percent, currency, padded=False):
    """1234.5 as programs write it, or in the writing of the column: € 1.234,5 or 12 % or (12) for -12."""
    if len(text) > 64:
        return None
    if padded and re.fullmatch("0[0-9]", text.strip(SPACES)):
        text = text.strip(SPACES)[1:]
    plain = plain_number(text)
    if plain is not None and decimal == ".":
        return plain
    body, negative = text.strip(SPACES), False
    if body.startswith("(") and body.endswith(")"):
        body, negative = body[1:-1].strip(SPACES), True
    if body.startswith("+"):
        body = body[1:]
        if TELEPHONE.fullmatch(body) and len(re.findall("[0-9]", body)) >= 7:
            return None
    elif body.startswith(("-", "\u2212")):
        body, negative = body[1:].lstrip(SPACES), not negative
    if currency:
        if body.startswith(currency):
            body = body[len(currency) :].lstrip(SPACES)
        elif body.endswith(currency):
            body = body[: -len(currency)].rstrip(SPACES)
        if body.startswith("-"):
            body, negative = body[1:], not negative
    if percent and body.endswith("%"):
        body = body[:-1].rstrip(SPACES)
    size = plain_number(ungrouped(body, decimal, thousands))
    if size is None or str(size).startswith("-"):
        return None
    return -size if negative else size


def plain_number(text):
    """Codes are no numbers: 007, or a whole number of more than 15 digits. Nor is what is too large for one."""
    text = text.strip(" \t\u00a0\u202f")
    digits = text.removeprefix("-")
    if not PLAIN_NUMBER.fullmatch(text) or (digits.isdecimal() and len(digits) > 15):
        return None
    size = float(text)
    return size if abs(size) != float("inf") else None


def ungrouped(body, decimal, thousands):
    """1.234,5 becomes 1234.5; a text that is no number when a group has other than three digits."""
    whole, point, rest = body.partition(decimal)
    for mark in " \u00a0\u202f" if thousands == " " else thousands:
        if mark in whole:
            first, *groups = whole.split(mark)
            if not 1 <= len(first) <= 3 or any(len(group) != 3 for group in groups):
                return ""
            whole = first + "".join(groups)
            break
    if decimal == "," and "." in whole + rest:
        return ""
    return f"{whole}.{rest}" if point else whole


# --- dates --------------------------------------------------------------------------------------------------------

PART = r"([0-9]{1,4}(?![0-9])|[A-Za-z]{3,9}(?![A-Za-z]))"
GAP = r"(?=([-/. ,]))[ ,]*[-/.]? *"
DATE = re.compile(f"{PART}{GAP}{PART}{GAP}{PART}")
COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?![0-9])")
TIME = re.compile(
    r"(?:[T ]|, ?) ?([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)? ?([AaPp]\.?[Mm]\.?)?(.*)"
)
ZONE = re.compile(r"(?:UTC|GMT)?([+-])([0-9]{1,2}):?([0-9]{2})?", re.IGNORECASE | re.ASCII)
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
DAY_MS = 86_400_000


def date(text, order):
    """Milliseconds since 1970-01-01 UTC. The order of day and month is the column's, never guessed per cell."""
    if order.startswith("epoch"):
        size = plain_number(text)
        return None if size is None else int(size * (1000 if order == "epoch-seconds" else 1) // 1)
    text = text.strip(SPACES)
    if not 6 <= len(text) <= 40:
        return None
    found = COMPACT_DATE.match(text)
    parts = found.groups() if found else None
    if not found:
        found = DATE.match(text)
        if not found:
            return None
        first, gap, second, other_gap, third = found.groups()
        parts = first, second, third
        if gap != other_gap and not (first.isalpha() or second.isalpha()):
            return None
    day = day_number(parts, order)
    rest = text[found.end() :]
    time = milliseconds(rest) if rest else 0
    return None if day is None or time is None else day * DAY_MS + time


def day_number(parts, order):
    a, b, c = parts
    if (len(a) == 4 and a.isdecimal()) != (order in ("iso", "ymd")) or c.isalpha():
        return None
    if order in ("iso", "ymd"):
        year, month, day = int(a), b, c
    elif len(c) not in (2, 4) or any(part.isdecimal() and len(part) > 2 for part in (a, b)):
        return None
    else:
        # Two digits mean 1969 to 2068. A month by its name stands where it stands, whatever the order.
        year = int(c) if len(c) == 4 else int(c) + (2000 if int(c) < 69 else 1900)
        month, day = (a, b) if a.isalpha() or (order == "mdy" and not b.isalpha()) else (b, a)
    if month.isalpha():
        if month[:3].lower() not in MONTHS:
            return None
        month = MONTHS.index(month[:3].lower()) + 1
    try:
        return datetime.date(year, int(month), int(day)).toordinal() - datetime.date(1970, 1, 1).toordinal()
    except ValueError:
        return None  # no such day


def milliseconds(text):
    """T12:30:15.250Z, 09:05 PM, 12:30 +02:00: what to add to midnight UTC."""
    found = TIME.fullmatch(text)
    if not found:
        return None
    hour, minute, second, fraction, half, zone = found.groups()
    hour, minute, second, east = int(hour), int(minute), int(second or 0), minutes_east(zone.strip(SPACES))
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[0] in "Pp" else 0)
    if hour > 24 or minute > 59 or second > 60 or east is None:
        return None
    return ((hour * 60 + minute - east) * 60 + second) * 1000 + int(float(f"0.{fraction or 0}") * 1000)


def minutes_east(zone):
    if zone.upper() in ("", "Z", "UTC", "GMT"):
        return 0
    found = ZONE.fullmatch(zone)
    minutes = int(found[2]) * 60 + int(found[3] or 0) if found else None
    if minutes is None or minutes > 14 * 60:
        return None
    return -minutes if found[1] == "-" else minutes


def csv_line(cells):
    """One line of CSV; cells are quoted where they must be."""
    quoted = [
        '"' + cell.replace('"', '""') + '"'
        if any(mark in cell for mark in ',"\r\n\ufeff') or cell[:1] == " " or cell[-1:] == " "
        else cell
        for cell in cells
    ]
    return ",".join(quoted) + "\n"


def number_text(value):
    """The shortest text that reads back as the same number, written as JavaScript does: 1, 0.00001, 1e-7, 1e+21."""
    text = repr(float(value))
    if "e" not in text:
        return {"-0.0": "0", "nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(text, text.removesuffix(".0"))
    sign, digits, exponent = Decimal(text).normalize().as_tuple()
    point = len(digits) + exponent
    if -6 < point <= 21:
        return f"{Decimal(text).normalize():f}"
    first, *rest = map(str, digits)
    return f"{'-' if sign else ''}{first}{'.' if rest else ''}{''.join(rest)}e{point - 1:+d}"
