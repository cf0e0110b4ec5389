"""Read docker-compose.yml: what each service runs, and with which environment."""

import json
import re
import shlex
from pathlib import Path

import yaml

BASE_DIR = Path(__file__).resolve().parent.parent
_whole = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
SERVICES, VOLUMES = _whole["services"], _whole["volumes"]


def command_of(service: str) -> list[str]:
    """Return the words of the command of a service, from docker-compose.yml or else from the Dockerfile."""
    command = SERVICES[service].get("command")
    if command is None and "build" in SERVICES[service]:
        command = json.loads(re.findall(r"^CMD (\[.*\])$", (BASE_DIR / "Dockerfile").read_text(), re.MULTILINE)[-1])
    # `$$` is how docker-compose.yml writes a dollar sign.
    return command if isinstance(command, list) else shlex.split((command or "").replace("$$", "$"))


def environment_of(service: str, values: dict[str, str]) -> dict[str, str]:
    """Return the environment of a service: the examples of its env files with `values` filled in, and its own."""
    environment = {}
    for name in SERVICES[service].get("env_file", []):
        environment |= {key: values.get(key, value) for key, value in example(name).items()}
    return environment | SERVICES[service].get("environment", {})


def example(env_file: str) -> dict[str, str]:
    """Return the names and values of the example of an env file."""
    lines = (BASE_DIR / f"{env_file}.example").read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line.strip() and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def consumed_queues() -> set[str]:
    """Return the queues from which the workers of docker-compose.yml take jobs."""
    commands = [command_of(name) for name in SERVICES if name.startswith("worker")]
    return {queue for words in commands for queue in words[words.index("--queues") + 1].split(",")}
