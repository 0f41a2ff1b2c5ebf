"""A file of targets with errors in it, in Chromium: what is wrong and how to mend it is read, the good rows come in, and go again."""

import os

import pytest

from tests.axe import violations
from tests.browser import SIDEWAYS, dress, settle
from tom_targets.models import BaseTarget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("OPENTOM_TEST_PICTURES")
FILE = b"""name,type,ra,dec,name2,colour
SN 2026abc,SIDEREAL,10:20:30.5,-05:06:07,ZTF26abc,red
Beyond the pole,SIDEREAL,150.0,95.0,,
No place,SIDEREAL,somewhere,2.0,,
AT 2026xyz,SIDEREAL,150.0,2.2,,=1+1
"""


def wrong_rows(page) -> dict[str, list[str]]:
    table = page.locator("h2:has-text('Rows with errors') + .table-responsive tbody tr")
    return {cells[0]: cells[1:] for cells in (row.locator("td").all_inner_texts() for row in table.all())}


def picture(page, name):
    for theme in ("light", "dark") if PICTURES else ():
        for width in (1280, 390):
            dress(page, theme, width)
            page.screenshot(path=f"{PICTURES}/{name}_{width}_{theme}.png", full_page=True)
    dress(page, "light", 1280)


def sound(page) -> None:
    settle(page)
    assert page.complaints == []
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 850})
    assert page.evaluate(SIDEWAYS) <= 0
    page.set_viewport_size({"width": 1280, "height": 850})


def test_a_file_with_errors_is_read_mended_and_undone(new_page, member):
    page = new_page("/targets/import/", user=member, reduced_motion="reduce")
    picture(page, "import")
    page.set_input_files("#target_csv", {"name": "night.csv", "mimeType": "text/csv", "buffer": FILE})
    page.get_by_role("button", name="Check first").click()
    page.wait_for_selector("h2:has-text('Rows with errors')")
    rows = wrong_rows(page)
    assert set(rows) == {"3", "4"}
    (column, value, problem, mend), other = rows["3"], rows["4"]
    assert (column, value) == ("dec", "95.0")
    assert "90" in problem + mend
    assert mend
    assert (other[0], other[1]) == ("ra", "somewhere")
    assert other[3]
    counts = page.locator(".import-counts dd").all_inner_texts()
    assert counts == ["4", "2", "0", "0", "2"]
    assert not BaseTarget.objects.exists()
    sound(page)
    picture(page, "import_checked")

    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_selector("button:has-text('Undo this import')")
    assert sorted(BaseTarget.objects.values_list("name", flat=True)) == ["AT 2026xyz", "SN 2026abc"]
    assert set(wrong_rows(page)) == {"3", "4"}
    sound(page)
    picture(page, "import_done")

    page.get_by_role("button", name="Undo this import").click()
    page.wait_for_selector("text=2 targets were removed again")
    assert not BaseTarget.objects.exists()
    sound(page)
    picture(page, "import_undone")


def test_all_or_nothing_says_why_nothing_came(new_page, member):
    page = new_page("/targets/import/", user=member, reduced_motion="reduce")
    page.set_input_files("#target_csv", {"name": "night.csv", "mimeType": "text/csv", "buffer": FILE})
    page.get_by_role("button", name="Check first").click()
    page.wait_for_selector("h2:has-text('Rows with errors')")
    rows = page.locator("#import-columns select[name=rows]")
    rows.select_option(index=rows.locator("option").count() - 1)
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_selector(".alert-danger:has-text('Nothing was imported')")
    assert not BaseTarget.objects.exists()
    page.get_by_role("button", name="Discard the file").click()
    page.wait_for_url("**/targets/import/")
    assert page.locator("main table").get_by_text("night.csv").count() == 0
