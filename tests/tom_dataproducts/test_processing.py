"""From file to rows, and once more: what is kept, what is replaced, what is told."""

import datetime as dt

import pytest
from django.urls import reverse

from tom_common.errors import InvalidInputError
from tom_common.models import HistoryEvent, TaskRun
from tom_dataproducts.data_processor import DataProcessor, run_data_processor
from tom_dataproducts.exceptions import InvalidFileFormatException
from tom_dataproducts.models import ReducedDatum
from tom_dataproducts.rows import DatumRow
from tom_dataproducts.services import process_product, reprocess_product, store_product
from tom_targets.models import BaseTarget

pytestmark = pytest.mark.django_db
T0 = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
GOOD = "mjd,mag,filter\n59000,17,r\n59001,18,g\n"
BAD = "mjd,mag,filter\n59000,17,r\n59001,18,g\nsoon,1,r\n59002,bright,r\n"


class LegacyProcessor(DataProcessor):
    """As plugins of the TOM Toolkit write them: tuples, of two or three, or lists."""

    def process_data(self, data_product):
        return [(T0, {"magnitude": 17.0}, "me"), [T0, {"magnitude": 18.0, "source_id": "7"}], (T0, {"words": ["any"]}, None)]

    def data_type_override(self):
        return "photometry"


class RowProcessor(DataProcessor):
    rows = 3

    def process_data(self, data_product):
        good = [DatumRow("photometry", T0 + dt.timedelta(days=i), brightness=17.0) for i in range(self.rows)]
        return [*good, DatumRow("photometry", T0, {"magnitude": 1.0}, source_name="x" * 101)]


class BrokenProcessor(DataProcessor):
    def process_data(self, data_product):
        raise KeyError("mag")


@pytest.fixture
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.DATA_PROCESSORS = {
        "photometry": "tom_dataproducts.processors.photometry_processor.PhotometryProcessor",
        "spectroscopy": "tom_dataproducts.processors.spectroscopy_processor.SpectroscopyProcessor",
        "legacy": f"{__name__}.LegacyProcessor", "rows": f"{__name__}.RowProcessor", "broken": f"{__name__}.BrokenProcessor",
    }  # fmt: skip
    settings.DATA_PRODUCT_TYPES = {kind: (kind, kind) for kind in (*settings.DATA_PROCESSORS, "image")}
    target = BaseTarget.objects.create(name="SN", type="SIDEREAL", ra=1, dec=2)

    def run(content, kind="photometry"):
        return store_product(target=target, filename="a.csv", content=content, data_product_type=kind)

    return run


def rewrite(product, content):
    with open(product.data.path, "w") as file:
        file.write(content)


def test_one_bad_row_refuses_the_file_unless_the_person_says_so(store):
    product = store(BAD)
    with pytest.raises(InvalidFileFormatException, match="row 4, mjd.*row 5, mag"):
        process_product(product=product)
    assert not ReducedDatum.objects.exists()
    product.refresh_from_db()
    assert (product.processing_state, product.processing_message[:11]) == ("failed", "row 4, mjd:")
    added = process_product(product=product, keep_good_rows=True)
    assert len(added.created) == 2
    product.refresh_from_db()
    assert product.processing_state == "done"
    assert "2 new, 0 updated, 0 already there; 2 rows left out: row 4, mjd: “soon” is no time" in product.processing_message
    assert "row 5, mag: “bright” is no number (write a number" in product.processing_message
    assert run_data_processor(product, keep_good_rows=True).count() == 2


def test_rows_that_the_table_refuses_are_told_by_their_place(store):
    product = store("x", "rows")
    with pytest.raises(InvalidFileFormatException, match="row 4, source_name: longer than 100"):
        process_product(product=product)
    assert not ReducedDatum.objects.exists()
    added = process_product(product=product, keep_good_rows=True)
    assert len(added.created) == 3
    assert "1 row left out: row 4, source_name" in product.processing_message


def test_processing_again_replaces_and_never_doubles(store):
    product = store(GOOD)
    first = process_product(product=product)
    kept, edited = ReducedDatum.objects.order_by("timestamp")
    edited.brightness = 5.0
    edited.save()
    rewrite(product, "mjd,mag,filter\n59000,17,r\n59001,18,g\n59002,19,r\n")
    again = process_product(product=product)
    assert (len(again.created), again.unchanged) == (2, [kept.pk])
    assert sorted(ReducedDatum.objects.values_list("brightness", flat=True)) == [17.0, 18.0, 19.0]
    rewrite(product, GOOD)
    process_product(product=product)
    assert ReducedDatum.objects.count() == 2
    assert kept.pk in first.created


def test_a_failed_run_leaves_what_was_there(store):
    product = store(GOOD)
    process_product(product=product)
    rewrite(product, BAD)
    with pytest.raises(InvalidFileFormatException):
        process_product(product=product)
    assert ReducedDatum.objects.count() == 2


def test_the_same_measurement_by_its_identifier_is_updated_with_history(store, django_user_model):
    user = django_user_model.objects.create_superuser("u")
    process_product(product=store("mjd,mag,candid,source\n59000,17,77,ZTF\n59001,18,78,ZTF\n"), actor=user)
    recalibrated = store("mjd,mag,candid,source\n59000,17.1,77,ZTF\n59001,18,78,ZTF\n")
    added = process_product(product=recalibrated, actor=user)
    assert [len(part) for part in (added.created, added.updated, added.unchanged)] == [0, 1, 1]
    assert sorted(ReducedDatum.objects.values_list("source_id", "brightness")) == [("77", 17.1), ("78", 18.0)]
    assert "17.1" in str(HistoryEvent.objects.filter(verb="updated").latest("pk").after)


def test_duplicates_in_a_file_are_counted(store):
    product = store("mjd,mag\n59000,17\n59000,17\n59001,18\n")
    process_product(product=product)
    assert product.processing_message == "2 new, 0 updated, 0 already there, 1 the same as another row"


def test_processors_of_plugins(store):
    product = store("x", "legacy")
    assert len(process_product(product=product).created) == 3
    assert set(ReducedDatum.objects.values_list("source_name", "source_id", "data_type")) == {
        ("me", "", "photometry"),
        ("", "", "photometry"),
    }
    assert {d.source_location for d in ReducedDatum.objects.all()} == {product.data.name}


def test_what_a_plugin_raises_is_kept_and_raised(store):
    product = store("x", "broken")
    with pytest.raises(KeyError):
        process_product(product=product)
    product.refresh_from_db()
    assert (product.processing_state, product.processing_message) == ("failed", "'mag'")


def test_a_type_without_a_processor(store):
    product = store("x", "image")
    assert len(process_product(product=product)) == 0
    assert (product.processing_state, product.processing_message) == ("done", "no reduced data")


def test_a_lost_file_is_told_without_its_place(store, tmp_path):
    product = store(GOOD)
    product.data.storage.delete(product.data.name)
    with pytest.raises(InvalidFileFormatException, match="not in the storage any more"):
        process_product(product=product)
    assert str(tmp_path) not in product.processing_message


@pytest.mark.django_db(transaction=True)
def test_reprocessing_is_a_task(store, django_user_model):
    user = django_user_model.objects.create_user("u")
    product = store(BAD, "spectroscopy")
    run = reprocess_product(product=product, actor=user)
    assert run.state == TaskRun.State.FAILED
    product.refresh_from_db()
    assert "needs columns `wavelength` and `flux`" in product.processing_message
    run = reprocess_product(product=product, actor=user, data_product_type="photometry", keep_good_rows=True)
    assert (run.state, run.actor) == (TaskRun.State.SUCCEEDED, user)
    product.refresh_from_db()
    assert (product.processing_state, product.data_product_type) == ("done", "photometry")
    assert ReducedDatum.objects.filter(data_product=product).count() == 2
    assert HistoryEvent.objects.filter(verb="updated", object_id=str(product.pk)).exists()
    with pytest.raises(InvalidInputError, match="Not a valid data_product_type"):
        reprocess_product(product=product, data_product_type="music")


def test_the_page_shows_what_will_be_read(store, client, django_user_model):
    boss = django_user_model.objects.create_superuser("boss")
    client.force_login(boss)
    product = store(BAD)
    url = reverse("dataproducts:process", args=[product.pk])
    page = client.get(url).content.decode()
    assert "row 4, mjd" in page
    assert "Keep the good rows" in page
    assert not ReducedDatum.objects.exists()
    answer = client.post(url, {"data_product_type": "music"})
    assert answer.status_code == 400
    answer = client.post(url, {"data_product_type": "photometry", "keep_good_rows": "on", "next": "https://evil.example/"})
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]
    assert client.get(reverse("dataproducts:process", args=[99999])).status_code == 404
