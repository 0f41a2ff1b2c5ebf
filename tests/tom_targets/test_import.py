"""Targets from files: formats, units, errors, a look before, all or nothing, undo."""

import gzip
import io
import resource
import zlib

import pytest
from django.conf import settings as project
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tom_common.errors import InvalidInputError
from tom_targets.models import BaseTarget, TargetExtra, TargetImport, TargetImportPart, TargetList, TargetName
from tom_targets.services.importing import check_file, import_csv, import_file, open_table, receive_file
from tom_targets.utils import export_targets, import_targets

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def post(client, text, name="targets.csv", **data):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post(reverse("targets:import"), {"target_csv": SimpleUploadedFile(name, content), **data})


def told(response):
    return [str(message) for message in response.context["messages"]]


def names():
    return sorted(BaseTarget.objects.values_list("name", flat=True))


# --- the contract --------------------------------------------------------------------------------------------------------
def test_file_is_imported_at_once_and_its_errors_are_told(client_of, member, members):
    client = client_of(member)
    answer = client.post(
        reverse("targets:import"),
        {"target_csv": SimpleUploadedFile("x.csv", b"name,name2,type,ra,dec,groups,redshift\nA,B,SIDEREAL,1,2,\"members,none\",0.1\nC,,SIDEREAL,x,2,,\n")},
        follow=True,
    )  # fmt: skip
    texts = told(answer)
    assert "Targets created: 1" in texts
    assert any(text.startswith("Error on line 3: ra 'x'") for text in texts)
    target = BaseTarget.objects.get()
    assert [alias.name for alias in target.aliases.all()] == ["B"]
    assert target.tags == {"redshift": "0.1"}
    assert {member.has_perm(f"tom_targets.{a}_target", target) for a in ("view", "change", "delete")} == {True}
    from guardian.shortcuts import get_groups_with_perms

    assert list(get_groups_with_perms(target)) == [members]


def test_facade_of_utils():
    result = import_targets(io.StringIO("name,type,ra,dec,colour\nA,SIDEREAL,1,2,\nA,SIDEREAL,1,2,\n"))
    assert [target.name for target in result["targets"]] == ["A"]
    assert result["errors"] == ["Error on line 3: name 'A': stands in line 2 already (remove one of them)"]
    assert TargetExtra.objects.get().value == ""  # of a file that a person wrote, empty cells are empty tags
    lines = export_targets(BaseTarget.objects.values()).read().splitlines()
    assert lines[0].startswith("name,type,created,modified,permissions,ra,dec")
    assert lines[0].endswith(",colour")
    assert len(lines) == 2


def test_lines_and_files_that_are_none_by_the_facade():
    assert [target.name for target in import_targets(["name,type,ra,dec", "A,SIDEREAL,1,2", "B,SIDEREAL,3,4\n"])["targets"]] == ["A", "B"]
    for text, what in (("", "The file is empty"), ("type,ra,dec\nSIDEREAL,1,2\n", 'no column "name"')):
        result = import_targets(io.StringIO(text))
        assert result["targets"] == []
        assert result["errors"][0].startswith("Error on line 1: ")
        assert what in result["errors"][0]


def test_new_targets_are_in_the_grant_index(member, stranger):
    from tom_targets.policy import visible_to
    from tom_targets.services.grants import repair

    import_csv(stream=b"name,ra,dec,permissions\nA,1,2,\nB,1,2,PUBLIC\n", actor=member)
    assert visible_to(member, "view", BaseTarget.objects.all()).count() == 2
    assert [t.name for t in visible_to(stranger, "view", BaseTarget.objects.all())] == ["B"]
    assert repair(check=True) == (0, 0)


# --- what people's files look like -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfname,ra,dec\r\nA,10.5,-20.25\r\n",
        b"Name;RA;Dec\r\nA;10.5;-20.25\r\n",
        b"name\tra\tdec\nA\t10.5\t-20.25\n",
        b"name, ra, dec\rA, 10.5, -20.25\r",
        "name,ra,dec\nA,00:42:00,-20:15:00\n".encode("utf-16"),
        b"# a remark\nNAME,RA,DEC\n\nA,0h42m0s,-20d15m0s\n,,\n",
        gzip.compress(b"name,ra,dec\nA,10.5,-20.25\n", mtime=0),
        b"main_id,RAJ2000,DEJ2000\nA,10.5,-20.25\n",
        b'"name","ra","dec"\n"A",10.5,-20.25\n',
    ],
)
def test_many_ways_of_writing_csv(content):
    result = import_csv(stream=content, actor=None)
    assert result.errors == []
    target = BaseTarget.objects.get()
    assert (target.name, target.ra, target.dec) == ("A", 10.5, -20.25)


def test_newline_in_quotes_and_line_numbers():
    result = import_csv(stream=b'name,ra,dec,note\nA,1,2,"two\nlines"\nB,400,2,\n', actor=None)
    assert TargetExtra.objects.get(target__name="A").value == "two\nlines"
    (error,) = result.errors
    assert (error.row, error.column, error.value) == (4, "ra", "400")


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("A,SIDEREAL,1;5,2", "ra", "angle"),
        ("A,SIDEREAL,1,95", "dec", "-90"),
        ("A,STAR,1,2", "type", "STAR"),
        (",SIDEREAL,1,2", "name", "needs a name"),
        ("A,SIDEREAL,,2", "ra", "needs this field"),
        ("A,SIDEREAL,1,2,3", "", "more cells"),
        ("A\x00B,SIDEREAL,1,2", "name", "zero byte"),
        ("A" * 101 + ",SIDEREAL,1,2", "name", "100"),
    ],
)
def test_errors_name_line_and_column_and_leave_nothing(row, column, words):
    result = import_csv(stream=f"name,type,ra,dec\nGood,SIDEREAL,5,6\n{row}\n".encode(), actor=None)
    assert names() == ["Good"]
    (error,) = result.errors
    assert (error.row, error.column) == (3, column)
    assert words in f"{error.problem} {error.value}"
    assert not TargetName.objects.exists()


def test_bytes_that_are_not_utf8_are_named():
    (error,) = import_csv(stream="name,ra,dec\nA,1,2\nCaf\xe9,1,2\n".encode("latin-1"), actor=None).errors
    assert (error.row, error.column) == (3, "name")
    assert "0xE9" in error.problem
    assert "UTF-8" in error.mend
    assert names() == ["A"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"ra,dec\n1,2\n", 'no column "name"'),
        (b"name,ra,ra\nA,1,2\n", "twice"),
        (b"name," + b"x," * 1_000_000, "columns|characters"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"\x89PNG\x00\x00", "no table"),
        (b"\x1f\x8bnothing", "damaged"),
        (b"SIMPLE  =                    T" + b" " * 50, "FITS"),
        (b"# %ECSV 1.0\n# ---\n# nothing: [\nname\n", "ECSV"),
        (b"<?xml version='1.0'?><VOTABLE><RESOURCE/></VOTABLE>", "VOTable"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><VOTABLE/>", "DOCTYPE"),
        (b"<VOTABLE><TABLE><FIELD name='name'/><DATA><TABLEDATA><TR></TD>", "XML"),
    ],
)
def test_files_that_are_no_table_are_refused_with_a_reason(content, words):
    with pytest.raises(InvalidInputError, match=words):
        import_csv(stream=content, actor=None)
    assert names() == []


def test_bomb_is_stopped_while_it_unpacks(settings):
    settings.TARGET_IMPORT_MAX_MB = 1
    packed = gzip.compress(b"name,ra,dec\n" + b"A,1,2\n" * 400_000)
    assert len(packed) < 100_000
    with pytest.raises(InvalidInputError, match="larger than 1 MB"):
        for _ in open_table(packed).rows:
            pass


def test_formula_is_restored_as_text():
    import_csv(stream=b"name,ra,dec,note\nA,1,2,'=1+1\nB,3,4,it's\n", actor=None)
    assert dict(TargetExtra.objects.values_list("target__name", "value")) == {"A": "=1+1", "B": "it's"}


# --- units -------------------------------------------------------------------------------------------------------------------
def tables():
    from astropy.table import Table

    table = Table(
        {"main_id": ["A"], "ra": [1.5], "dec": [-0.25], "pm_ra": [0.5], "distance": [2.0], "flag": [3]},
        masked=True,
    )
    table["ra"].unit, table["dec"].unit, table["pm_ra"].unit, table["distance"].unit = "hourangle", "rad", "arcsec/yr", "kpc"
    table["flag"].mask = True
    return table


@pytest.mark.parametrize(("format_name", "suffix"), [("ascii.ecsv", ".ecsv"), ("votable", ".vot"), ("fits", ".fits"), ("votable2", ".vot")])
def test_units_of_tables_that_astropy_wrote(tmp_path, format_name, suffix):
    path = tmp_path / f"table{suffix}"
    table = tables()
    if suffix == ".vot":
        table["ra"].unit = "h"
        table.write(path, format="votable", tabledata_format="binary2" if format_name == "votable2" else "tabledata")
    else:
        if suffix == ".fits":
            table["ra"].unit = "h"
        table.write(path, format=format_name)
    assert import_csv(stream=path.read_bytes(), actor=None).errors == []
    target = BaseTarget.objects.get()
    assert target.ra == 22.5
    assert target.dec == pytest.approx(-14.32394487827058)
    assert target.pm_ra == pytest.approx(500)
    assert target.distance == pytest.approx(2000)
    assert target.tags == {"flag": ""}


def test_julian_dates_by_a_corrected_unit(member):
    from tom_targets.services.importing import change_mapping

    text = b"name,scheme,type,t,arg_of_perihelion,lng_asc_node,inclination,eccentricity,mean_anomaly,semimajor_axis\n"
    text += b"X,MPC_MINOR_PLANET,NON_SIDEREAL,2460200.5,1,2,3,0.1,4,5\n"
    row = receive_file(actor=member, file=io.BytesIO(text), name="x.csv")
    assert check_file(row=row)["wrong"] == 1
    columns = [c | ({"to": "epoch_of_elements", "unit": "JD"} if c["name"] == "t" else {}) for c in row.columns]
    change_mapping(row=row, columns=columns)
    assert check_file(row=row)["new"] == 1
    import_file(row=row)
    assert BaseTarget.objects.get().epoch_of_elements == 60200.0


def test_unit_of_something_else_is_refused():
    text = (
        b"# %ECSV 1.0\n# ---\n# datatype:\n# - {name: name, datatype: string}\n# - {name: ra, unit: kg, datatype: float64}\nname ra\nA 1\n"
    )
    with pytest.raises(InvalidInputError, match="kg"):
        import_csv(stream=text, actor=None)


def test_frame_other_than_icrs_is_refused():
    text = b"<VOTABLE><RESOURCE><COOSYS system='eq_FK4'/><TABLE><FIELD name='name' datatype='char' arraysize='*'/></TABLE></RESOURCE></VOTABLE>"
    with pytest.raises(InvalidInputError, match="FK4"):
        import_csv(stream=text, actor=None)


# --- a look first ------------------------------------------------------------------------------------------------------------
FILE = b"name,ra,dec,note\nNew,1,2,x\nOld,3,4,y\nWrong,400,4,z\n"


def form_of(row, **changes):
    data = {"existing": "report", "rows": "good", "action": "import"}
    for i, column in enumerate(row.columns):
        data |= {f"to_{i}": column["to"], f"unit_{i}": column.get("unit", "")}
    return data | changes


def test_look_writes_nothing_and_counts(client_of, member, make):
    make("Old").give_user_access(member)
    client = client_of(member)
    answer = post(client, FILE, preview="1")
    row = TargetImport.objects.get()
    assert answer.url == row.get_absolute_url()
    assert names() == ["Old"]
    assert (row.report["new"], row.report["present"], row.report["wrong"]) == (1, 1, 2)
    page = client.get(row.get_absolute_url()).content.decode()
    assert "ra" in page
    assert "400" in page
    assert "Becomes" in page
    client.post(row.get_absolute_url(), form_of(row))
    row.refresh_from_db()
    assert row.state == "done"
    assert row.made
    assert names() == ["New", "Old"]
    assert not TargetImportPart.objects.exists()  # the file goes when it is done


def test_mapping_can_be_corrected(client_of, member):
    client = client_of(member)
    post(client, b"designation,lon,lat,z\nA,1,2,3\n", preview="1")
    row = TargetImport.objects.get()
    assert [c["to"] for c in row.columns] == ["name", "tag", "tag", "tag"]
    assert row.report["wrong"] == 1
    client.post(row.get_absolute_url(), form_of(row, to_1="ra", unit_1="hourangle", to_2="dec", to_3="-", action="check"))
    row.refresh_from_db()
    assert row.report["new"] == 1
    client.post(row.get_absolute_url(), form_of(row))
    target = BaseTarget.objects.get()
    assert (target.name, target.ra, target.dec, target.tags) == ("A", 15.0, 2.0, {})


def test_mapping_that_cannot_be_is_told(client_of, member):
    client = client_of(member)
    post(client, FILE, preview="1")
    row = TargetImport.objects.get()
    answer = client.post(row.get_absolute_url(), form_of(row, to_1="dec"))
    assert "Two columns of the file are to become dec." in answer.content.decode()
    assert names() == []


def test_all_or_nothing(client_of, member):
    client = client_of(member)
    post(client, FILE, preview="1")
    row = TargetImport.objects.get()
    client.post(row.get_absolute_url(), form_of(row, rows="all"))
    row.refresh_from_db()
    assert row.state == "failed"
    assert names() == []
    assert row.report["refused"]
    assert "Nothing was imported" in client.get(row.get_absolute_url()).content.decode()


@pytest.mark.parametrize(("existing", "ra", "updated", "wrong"), [("report", 10.0, 0, 2), ("skip", 10.0, 0, 1), ("update", 3.0, 1, 1)])
def test_rows_of_targets_that_are_there(member, make, existing, ra, updated, wrong):
    make("Old", ra=10.0).give_user_access(member)
    row = receive_file(actor=member, file=io.BytesIO(FILE), name="x.csv", options={"existing": existing})
    seen = check_file(row=row)
    assert (seen["new"], seen["updated"], seen["wrong"]) == (1, updated, wrong)
    done = import_file(row=row)
    assert (done["new"], done["updated"], done["wrong"]) == (1, updated, wrong)
    assert BaseTarget.objects.get(name="Old").ra == ra


@pytest.mark.parametrize("existing", ["report", "skip", "update"])
def test_hidden_targets_are_not_told_of(member, make, existing):
    make("Old")
    row = receive_file(actor=member, file=io.BytesIO(b"name,ra,dec\nOLD,1,2\n"), name="x.csv", options={"existing": existing})
    report = check_file(row=row)
    assert (report["present"], report["wrong"]) == (0, 1)
    assert report["errors"][0]["problem"] == "This name is not available."
    import_file(row=row)
    assert BaseTarget.objects.get().ra == 10.0


def test_others_do_not_see_the_file(client_of, member, stranger, boss):
    post(client_of(member), FILE, preview="1")
    row = TargetImport.objects.get()
    for method in ("get", "post"):
        assert getattr(client_of(stranger), method)(row.get_absolute_url(), {"action": "discard"}).status_code == 404
        assert "/login/" in getattr(client_of(None), method)(row.get_absolute_url()).url
    assert client_of(boss).get(row.get_absolute_url()).status_code == 200
    client_of(member).post(row.get_absolute_url(), {"action": "discard"})
    assert not TargetImport.objects.exists()


# --- large ones --------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_large_file_is_a_task(client_of, member, monkeypatch):
    from tom_targets import tasks

    monkeypatch.setattr(tasks, "SMALL_BYTES", 10)
    client = client_of(member)
    post(client, b"name,ra,dec\n" + b"".join(b"T%d,%d,2\n" % (i, i % 360) for i in range(1200)))
    row = TargetImport.objects.get()
    assert row.state == "checked"
    assert row.run.state == "succeeded"
    client.post(row.get_absolute_url(), form_of(row))
    row.refresh_from_db()
    assert row.state == "done"
    assert row.count_made == 1200 == BaseTarget.objects.count()


def test_import_that_broke_off_goes_on_where_it_was(member, monkeypatch):
    from tom_targets.services.importing import writing

    monkeypatch.setattr(writing, "BATCH", 10)
    text = b"name,ra,dec\n" + b"".join(b"T%d,%d,2\n" % (i, i) for i in range(300))
    row = receive_file(actor=member, file=io.BytesIO(text), name="x.csv")
    check_file(row=row)
    take = writing.Importer.take

    def breaks(self, batch, **kwargs):
        if batch[0][0] > 100:
            raise RuntimeError("power cut")
        return take(self, batch, **kwargs)

    monkeypatch.setattr(writing, "in_batches", writing.in_batches)
    from tom_targets.services.importing import files

    monkeypatch.setattr(files, "in_batches", lambda table: writing.in_batches(table, 10))
    monkeypatch.setattr(writing.Importer, "take", breaks)
    with pytest.raises(RuntimeError):
        import_file(row=row)
    row.refresh_from_db()
    assert row.count_made == row.rows_done == BaseTarget.objects.count() == 100
    monkeypatch.setattr(writing.Importer, "take", take)
    report = import_file(row=row)
    assert (report["new"], report["wrong"], BaseTarget.objects.count()) == (300, 0, 300)


# --- undo --------------------------------------------------------------------------------------------------------------------
def test_undo_removes_what_the_import_made_and_says_what_stays(client_of, member):
    client = client_of(member)
    post(client, b"name,ra,dec,name2,t\nA,1,2,a2,x\nB,1,2,b2,x\nC,1,2,c2,x\nD,1,2,d2,x\n", preview="1")
    row = TargetImport.objects.get()
    client.post(row.get_absolute_url(), form_of(row))
    assert names() == ["A", "B", "C", "D"]
    target = BaseTarget.objects.get(name="B")
    target.pm_ra = 5.0
    target.save()
    grouping = TargetList.objects.create(name="List")
    grouping.targets.add(BaseTarget.objects.get(name="C"))
    answer = client.post(row.get_absolute_url(), {"action": "undo"}, follow=True)
    assert names() == ["B", "C"]
    row.refresh_from_db()
    assert row.report["undo"]["removed"] == 2
    assert dict(row.report["undo"]["why"]) == {"B": "has changed since", "C": "in a target list"}
    assert "C (in a target list)" in answer.content.decode()
    assert sorted(TargetName.objects.values_list("name", flat=True)) == ["b2", "c2"]
    assert client.post(row.get_absolute_url(), {"action": "undo"}).status_code == 404


def test_undo_stands_in_the_history(member, stranger):
    from tom_common.errors import NotFoundError
    from tom_common.services.history import history_of
    from tom_common.services.history_shown import undo_event

    row = receive_file(actor=member, file=io.BytesIO(b"name,ra,dec\nA,1,2\n"), name="x.csv")
    check_file(row=row)
    import_file(row=row)
    event = history_of(row).get(verb="imported")
    with pytest.raises(NotFoundError):
        undo_event(actor=stranger, event=event)
    done = undo_event(actor=member, event=event)
    assert names() == []
    assert "1 targets removed" in done.summary


def test_an_import_outlives_its_user(member, boss):
    """What was imported can still be undone; what was not is not done with nobody's rights."""
    rows = [receive_file(actor=member, file=io.BytesIO(b"name,ra,dec\n%s,1,2\n" % name), name="x.csv") for name in (b"A", b"B")]
    for row in rows:
        check_file(row=row)
    import_file(row=rows[0])
    member.delete()
    done, waiting = [type(row).objects.get(pk=row.pk) for row in rows]
    assert (done.user, done.state, names()) == (None, "done", ["A"])
    assert import_file(row=waiting)["problem"] == "The account that gave this file has been deleted."
    assert names() == ["A"]
    from tom_targets.services.importing import undo_import

    assert undo_import(actor=boss, row=done)["removed"] == 1
    assert names() == []


def test_what_a_fits_header_claims_is_not_believed():
    cards = b"".join(card.ljust(80) for card in (b"SIMPLE  = T", b"BITPIX  = 8", b"NAXIS   = 2000000000", b"END"))
    with pytest.raises(InvalidInputError, match="NAXIS of the FITS file is 2000000000"):
        import_csv(stream=cards.ljust(2880), actor=None)


def test_damaged_gzip_and_fuzz_give_errors_only():
    good = gzip.compress(b"name,ra,dec\nA,1,2\n" * 50)
    for content in (good[:-9], good[:30], zlib.compress(b"x")):
        with pytest.raises(InvalidInputError):
            import_csv(stream=content, actor=None)


def test_the_page_says_what_sizes_are_taken_and_a_larger_file_is_not_kept(client_of, member, settings):
    settings.TARGET_IMPORT_MAX_MB = 0.5
    client = client_of(member)
    page = client.get("/targets/import/").content.decode()
    assert 'At most <span class="num">0.5</span> MB' in page
    assert 'more than <span class="num">300</span> kB' in page
    large = SimpleUploadedFile("large.csv", b"name,ra,dec\n" + b"x,1,2\n" * 100_000)
    answer = client.post("/targets/import/", {"target_csv": large, "preview": "1"}, follow=True)
    assert "larger than 0.5 MB" in answer.content.decode()
    assert not TargetImport.objects.exists()


@pytest.mark.long
@pytest.mark.skipif(project.DATABASES["default"]["NAME"] == ":memory:", reason="the database itself would grow in memory")
def test_a_hundred_thousand_rows_say_how_far_they_are_and_take_no_more_memory_than_few(member, monkeypatch):
    def imported(count, start):
        lines = (f"T{start + i},ZTF{start + i},{(start + i) * 0.003 % 360:.6f},{i % 170 - 85}.5,{i}\n".encode() for i in range(count))
        file = io.BytesIO(b"name,name2,ra,dec,number\n" + b"".join(lines))
        row = receive_file(actor=member, file=file, name="large.csv")
        assert check_file(row=row)["new"] == count
        row.state = row.State.RUNNING
        told.clear()
        assert import_file(row=row)["new"] == count
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    told = []
    monkeypatch.setattr("tom_targets.services.importing.files.progress", lambda done, total, text: told.append((done, total)))
    few = imported(20_000, 0)
    many = imported(100_000, 20_000)
    assert many - few < 40_000, f"kB: {few} and {many}"
    assert len(told) >= 20
    assert told[-1] == (100_000, 100_000)
    assert BaseTarget.objects.count() == 120_000
