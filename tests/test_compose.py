"""docker-compose.yml and deploy/ give each service only the rights and the secrets that it needs."""

import re
import subprocess

import pytest

from mmp_portal import required, settings
from mmp_portal.celery import app
from rehearsal.compose import BASE_DIR, SERVICES, VOLUMES, command_of, consumed_queues, environment_of, example

pytestmark = pytest.mark.once

ENV_FILES = sorted({name for service in SERVICES.values() for name in service.get("env_file", [])})
OWNERS_PASSWORD = {"POSTGRES_PASSWORD", "MIGRATION_DATABASE_URL"}
# The proxy opens a port below 1024, and runs its workers as another user.
ADDED_RIGHTS = {"proxy": {"CHOWN", "SETGID", "SETUID", "NET_BIND_SERVICE"}}
OF_THE_MACHINE = {
    "privileged", "network_mode", "pid", "ipc", "uts", "userns_mode", "cgroup", "cgroup_parent", "devices",
    "device_cgroup_rules", "gpus", "group_add", "sysctls",
}  # fmt: skip
STARTED_BY_US = [name for name in SERVICES if "build" in SERVICES[name]]


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_has_only_the_rights_that_it_needs(name):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert set(service.get("cap_add", [])) == ADDED_RIGHTS.get(name, set())
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["tmpfs"]
    assert re.fullmatch(r"[1-9]\d*[mg]", service["mem_limit"])  # 0 is no limit
    assert service.get("user") not in {"root", "0"}
    assert set(service) & OF_THE_MACHINE == set()


def test_only_the_volumes_of_the_database_and_in_memory_can_be_written():
    mounted = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    writable = {volume.partition(":")[0] for volume in mounted if not volume.endswith(":ro")}
    assert writable == {"database", "metrics"}
    assert VOLUMES["metrics"]["driver_opts"]["type"] == "tmpfs"
    assert [name for name, service in SERVICES.items() if "database:/" in str(service.get("volumes"))] == ["database"]


def test_only_files_of_the_portal_are_mounted():
    """The socket of Docker gives every right on the machine, even where it is mounted to be read."""
    mounted = [volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert [source for source in mounted if source not in VOLUMES and not source.startswith("./deploy/")] == []


def test_only_the_proxy_has_ports_on_the_machine():
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}


def test_images_are_named_by_their_full_version():
    images = [service["image"] for service in SERVICES.values() if "build" not in service]
    images += re.findall(r"^FROM (\S+)", (BASE_DIR / "Dockerfile").read_text(), re.MULTILINE)
    assert len(images) == 5
    for image in images:
        assert re.fullmatch(r"\w+:\d+\.\d+(\.\d+)?-[a-z]+[\w.-]*", image), image


def test_only_workers_get_the_packages_that_plan_runs():
    build = {name: SERVICES[name]["build"] for name in STARTED_BY_US}
    assert {name for name, how in build.items() if how != "."} == {"worker-urgent", "worker-bulk"}
    assert build["worker-urgent"]["args"] == {"PACKAGES": "worker"}
    assert len({SERVICES[name]["image"] for name in STARTED_BY_US}) == 2


# --- Secrets --------------------------------------------------------------------------------------------------------


def services_with_the_owner():
    """Return the names of the services that get the password of the owner of the tables."""
    environments = {name: environment_of(name, {}) for name in SERVICES}
    return {name for name, given in environments.items() if OWNERS_PASSWORD & set(given) or "owner" in str(given)}


def test_only_migrate_and_the_database_see_the_owners_password():
    assert services_with_the_owner() == {"migrate", "database"}


@pytest.mark.parametrize("env_file", ["deploy/env/migrate.env", "deploy/env/database.env"])
def test_control_an_env_file_of_a_worker_is_found(env_file, monkeypatch):
    monkeypatch.setitem(SERVICES["worker-bulk"], "env_file", ["deploy/env/portal.env", env_file])
    assert "worker-bulk" in services_with_the_owner()


def test_migrate_has_the_keys_of_the_encrypted_columns():
    assert {"FIELD_KEYS", "SSN_PEPPERS", "MIGRATION_DATABASE_URL"} <= set(environment_of("migrate", {}))


def test_the_database_and_redis_see_nothing_of_the_portal():
    assert set(environment_of("database", {})) == {
        "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "PORTAL_PASSWORD",
    }  # fmt: skip
    assert set(environment_of("redis", {})) == {"REDIS_PASSWORD"}
    assert environment_of("proxy", {}) == {}


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_in_the_file_or_on_a_command_line(name):
    """Whoever lists processes or containers sees `environment`, commands and health checks."""
    service = SERVICES[name]
    assert "environment" not in service
    words = [*command_of(name), *service.get("healthcheck", {}).get("test", [])]
    values = {key: f"secret-of-{key}" for key in environment_of(name, {})}
    for word in words:
        assert not re.search(r"(?<!\$)\$\{?\w", word.replace("$$", "")), "docker compose would replace it"
        assert not any(value in word for value in values.values())


def test_env_files_stay_out_of_git_and_have_an_example():
    for name in ENV_FILES:
        subprocess.run(["git", "check-ignore", "--quiet", name], cwd=BASE_DIR, check=True)
        assert example(name)


def test_the_env_file_of_the_portal_names_all_required_variables():
    names = set(required.ALWAYS | required.IN_PRODUCTION)
    assert names - set(example("deploy/env/portal.env")) == set()


@pytest.mark.parametrize("script", ["roles.sh", "redis.sh"])
def test_a_script_passes_no_password_as_an_argument(script):
    lines = (BASE_DIR / "deploy" / script).read_text().splitlines()
    programs = [line for line in lines if re.search(r"^\s*(exec\s+)?(psql|redis-server)\b", line)]
    assert len(programs) == 1
    assert "PASSWORD" not in programs[0]


# --- Jobs -----------------------------------------------------------------------------------------------------------


def our_tasks():
    app.loader.import_default_modules()
    return sorted(name for name in app.tasks if not name.startswith("celery."))


def queue_of(task):
    return app.amqp.router.route({}, task)["queue"].name


def test_each_job_goes_to_a_queue_that_a_worker_takes():
    tasks = our_tasks()
    assert len(tasks) >= 12
    assert {task: queue_of(task) for task in tasks if queue_of(task) not in consumed_queues()} == {}


def test_no_worker_waits_for_a_queue_without_jobs():
    assert {queue_of(task) for task in our_tasks()} == consumed_queues() == {"urgent", "bulk", "default"}


def test_each_route_names_a_job_that_exists():
    assert set(settings.CELERY_TASK_ROUTES) - set(our_tasks()) == set()


def test_a_roster_never_delays_a_mail():
    assert (queue_of("notifications.send_due"), queue_of("accounts.import_rosters")) == ("urgent", "default")


def test_a_million_reminders_delay_no_mail_that_somebody_waits_for():
    assert queue_of("notifications.send_bulk") == queue_of("certification.queue_renewal_reminders") == "bulk"


def test_the_timetable_names_jobs_that_exist():
    assert {job["task"] for job in app.conf.beat_schedule.values()} - set(our_tasks()) == set()


def test_beat_and_the_workers_write_only_in_memory():
    for name in STARTED_BY_US:
        for path in re.findall(r"(?:^|\s)(/[\w/.]+)", " ".join(command_of(name))):
            assert path.startswith("/tmp/"), f"{name} would write {path}"
