"""Any bytes become rows, or a sentence that says what to do."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relance.contacts_csv.reading import LONGEST_CELL, Row, Table, decode
from relance.contacts_csv.rejects import Rejection, as_csv
from relance.models import Invalid

TEXT = "Name,Teléfono\r\nJosé Muñoz,+34 911 555 010\r\n"


def rows_of(text: str) -> list[Row]:
    return list(Table(text))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_any_usual_encoding_is_read(encoding: str) -> None:
    assert decode(TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(delimiter: str) -> None:
    table = Table(f'Name{delimiter}Phone{delimiter}Note\nAna{delimiter}1{delimiter}"a{delimiter}b"\n')
    assert (table.delimiter, table.header) == (delimiter, ["Name", "Phone", "Note"])
    assert list(table) == [Row(2, ["Ana", "1", f"a{delimiter}b"])]


def test_a_delimiter_that_a_spreadsheet_names_is_taken() -> None:
    table = Table("sep=;\r\nName, full;Phone\r\nAna;1\r\n")
    assert table.header == ["Name, full", "Phone"]
    assert list(table) == [Row(3, ["Ana", "1"])]


def test_rows_know_their_line_and_blank_ones_are_passed_over() -> None:
    text = '\r\nName,Note\r\n\r\nAna,"two\r\nlines"\r\n , \r\nBea,one\r\n'
    assert [(row.line, row.cells) for row in rows_of(text)] == [(4, ["Ana", "two\r\nlines"]), (7, ["Bea", "one"])]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_is_read(end: str) -> None:
    assert [row.cells for row in rows_of(f"Name,Phone{end}Ana,1{end}Bea,2")] == [["Ana", "1"], ["Bea", "2"]]


def test_a_row_with_too_few_or_too_many_cells_is_told() -> None:
    few, many, padded = rows_of("Name,Phone\nAna\nBea,1,2\nCleo,3,,\n")
    assert "has 1 cells and the header 2" in few.problem
    assert "has 3 cells and the header 2" in many.problem
    assert padded == Row(4, ["Cleo", "3"])


def test_an_unclosed_quote_costs_its_own_line_only() -> None:
    bad, *good = rows_of('Name,Phone\nAna,"1\nBea,2\nCleo,3\n')
    assert (bad.line, bad.cells) == (2, ['Ana,"1'])
    assert "quotation mark" in bad.problem
    assert [row.cells for row in good] == [["Bea", "2"], ["Cleo", "3"]]


def test_a_huge_cell_costs_its_own_line_only() -> None:
    bad, good = rows_of(f"Name,Phone\n{'x' * (LONGEST_CELL + 1)},1\nBea,2\n")
    assert bad.problem
    assert good.cells == ["Bea", "2"]


def test_nuls_are_left_out() -> None:
    assert decode(b"Name,Phone\nA\0na,1\n") == "Name,Phone\nAna,1\n"


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b" \r\n ,, "])
def test_an_empty_file_is_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(Invalid, match="name the columns"):
        Table(decode(data))


@pytest.mark.parametrize("data", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest", b"%PDF-1.7"])
def test_what_is_no_text_is_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(Invalid, match="export it as CSV"):
        decode(data)


@given(st.binary(max_size=400))
@example(b'"')
@example(b'a,b\n"\n"')
@example(b"\xff\xfe\x00")
@example(b"\xff\xfe\x00\xd8a")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        table = Table(decode(data))
    except Invalid:
        return
    rows = list(table)
    assert len(table) == len(rows)
    assert all(row.problem or len(row.cells) == len(table.header) for row in rows)
    assert all("\0" not in cell for row in rows for cell in row.cells)
    assert [row.line for row in rows] == sorted({row.line for row in rows})


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=6), st.sampled_from(",;\t|"))
def test_what_a_spreadsheet_writes_is_read_back(cells: list[list[str]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([["Name", "Phone"], *cells])
    wanted = [row for row in cells if any(cell.strip() for cell in row)]
    assert [row.cells for row in Table(decode(out.getvalue().encode("utf-8-sig")))] == wanted


def test_rejected_rows_come_back_as_they_were_with_line_and_reason() -> None:
    table = Table(as_csv(["Name", "Phone"], [Rejection(7, "Column “Phone”: too short.", ["=Ana", "1"])], ";"))
    assert table.header == ["Name", "Phone", "line", "reason"]
    assert list(table) == [Row(2, ["=Ana", "1", "7", "Column “Phone”: too short."])]


def test_rejected_rows_that_are_rejected_again_tell_the_new_reason_alone() -> None:
    header = ["Name", "Phone", "line", "reason"]
    table = Table(as_csv(header, [Rejection(2, "Still too short.", ["Ana", "1", "7", "Too short."])]))
    assert table.header == header
    assert list(table) == [Row(2, ["Ana", "1", "2", "Still too short."])]


def test_rows_with_other_than_their_headers_cells_keep_them_all() -> None:
    rows = [Rejection(2, "Few.", ["Ana"]), Rejection(3, "Many.", ["Bea", "1", "2"])]
    lines = as_csv(["Name", "Phone"], rows).splitlines()
    assert lines[1:] == ["Ana,,2,Few.", "Bea,1,3,Many.,2"]
