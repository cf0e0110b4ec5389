"""Nothing that people enter is stored on the disk of a web host, so any host can answer any request."""

import re
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.backends import db
from django.core.cache.backends.db import DatabaseCache
from django.db import models
from django.utils.module_loading import import_string

from accounts.models.rosters import RosterPart
from certification.models import Letter
from delivery.models.products import ProductPhoto
from rehearsal.compose import BASE_DIR, SERVICES, VOLUMES

ON_DISK = re.compile(r"default_storage|FileSystemStorage|\bFileField\(upload_to|ImageField\(|MEDIA_(ROOT|URL)")


def fields_on_disk(of):
    return [str(field) for model in of for field in model._meta.get_fields() if isinstance(field, models.FileField)]


def test_no_column_names_a_file_on_the_disk():
    assert fields_on_disk(apps.get_models()) == []


def test_control_a_column_that_names_a_file_is_found():
    class Scan(models.Model):
        file = models.FileField(upload_to="scans")

        class Meta:
            app_label = "of_a_test"

    del apps.all_models["of_a_test"]
    assert fields_on_disk([Scan]) == ["of_a_test.Scan.file"]


def test_no_folder_for_files_is_set_up_or_used():
    assert (settings.MEDIA_ROOT, settings.MEDIA_URL) == ("", "/")
    apps_of_ours = {app.partition(".")[0] for app in settings.INSTALLED_APPS} & {
        path.name for path in BASE_DIR.iterdir() if (path / "__init__.py").exists()
    }
    texts = [(path, path.read_text()) for app in apps_of_ours for path in (BASE_DIR / app).rglob("*.py")]
    assert [str(path) for path, text in texts if ON_DISK.search(text)] == []


def test_sessions_and_rate_limits_are_in_the_database():
    assert issubclass(import_module(settings.SESSION_ENGINE).SessionStore, db.SessionStore)
    assert issubclass(import_string(settings.CACHES["default"]["BACKEND"]), DatabaseCache)


def test_a_web_host_can_write_only_to_memory():
    assert SERVICES["web"]["read_only"] is True
    assert [mount.partition(":")[0] for mount in SERVICES["web"]["tmpfs"]] == ["/tmp"]
    assert [volume.partition(":")[0] for volume in SERVICES["web"]["volumes"]] == ["metrics"]
    assert VOLUMES["metrics"]["driver_opts"]["type"] == "tmpfs"


@pytest.mark.parametrize(("model", "column"), [(Letter, "content"), (ProductPhoto, "content"), (RosterPart, "data")])
def test_letters_photos_and_rosters_are_columns_of_the_database(model, column):
    assert model._meta.get_field(column).get_internal_type() == "BinaryField"
