"""The files around the code agree with each other and with what they promise."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


@pytest.fixture(scope="module")
def card() -> dict[str, object]:
    """The front matter from which a Space is made."""
    before, matter, text = (ROOT / "README.md").read_text("utf-8").split("---\n", 2)
    assert before == ""
    assert text.lstrip().startswith("# ")
    return yaml.safe_load(matter)


def docker_env() -> dict[str, str]:
    pairs = re.findall(r"(?:ENV|^)\s+([A-Z_]+)=(\S+)", DOCKERFILE, flags=re.MULTILINE)
    return dict(pairs)


def test_card_describes_a_docker_space(card):
    assert card["sdk"] == "docker"
    assert card["license"] == "apache-2.0"
    assert card["pinned"] is False
    assert card["title"] == "Chorale"
    assert {card["colorFrom"], card["colorTo"]} <= COLOURS
    assert len(str(card["emoji"])) <= 2
    assert len(str(card["short_description"])) <= 60


def test_card_and_container_agree_on_the_port(card):
    port = str(card["app_port"])
    assert re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, flags=re.MULTILINE) == [port]
    assert docker_env()["STREAMLIT_SERVER_PORT"] == port
    assert f":{port}/_stcore/health" in DOCKERFILE


def test_container_runs_as_the_user_of_a_space():
    assert "--uid 1000 user" in DOCKERFILE
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, flags=re.MULTILINE)
    assert users == ["user"]
    assert DOCKERFILE.index("USER user") < DOCKERFILE.index("COPY --chown=user requirements.txt")


def test_container_is_a_public_host_that_can_write_its_database():
    environment = docker_env()
    assert environment["CHORALE_PUBLIC"] == "1"
    assert environment["STREAMLIT_SERVER_XSRF_COOKIE_SAME_SITE"] == "none"
    folder = str(Path(environment["CHORALE_DATABASE"]).parent)
    assert folder.startswith("/home/user/")
    assert f"mkdir -p {folder}" in DOCKERFILE


def test_container_starts_the_app():
    command = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, flags=re.MULTILINE)[-1]
    assert json.loads(command) == ["streamlit", "run", "app.py"]


def test_container_holds_every_room():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    rooms = {"app.py", "pages", "components", "experiments", "models", "metrics", "data"}
    assert rooms | {"requirements.txt", ".streamlit/config.toml"} <= kept
    assert all((ROOT / path).exists() for path in kept)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned(name):
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    wanted = [line for line in lines if line and not line.startswith("-r ")]
    assert wanted
    assert [line for line in wanted if not re.fullmatch(r"[\w.\[\]-]+==[\w.]+", line)] == []


def test_tests_install_what_the_app_installs():
    assert "-r requirements.txt" in (ROOT / "requirements-dev.txt").read_text().splitlines()


def test_ci_runs_the_commands_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text()
    assert os.stat(ROOT / ".ci" / "run").st_mode & stat.S_IXUSR
    assert re.search(r"^pip install .*-r requirements-dev.txt$", script, flags=re.MULTILINE)
    assert re.search(r"^pytest\b", script, flags=re.MULTILINE)


def test_licence_is_apache_2():
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text.splitlines()[1]
    assert "END OF TERMS AND CONDITIONS" in text


def test_changelog_entries_are_one_sentence():
    entries = re.findall(r"^- (.+)$", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert entries
    assert [e for e in entries if not e.endswith(".") or ". " in e] == []


def test_no_file_names_a_place_on_somebodys_machine():
    names = re.compile(r"(?<![\w.])/(?:home/(?!user\b)\w+|Users/\w+|root|work|mnt|opt)/")
    files = [ROOT / "app.py", *ROOT.glob("*.md"), *ROOT.glob("*.toml")]
    for room in ("components", "data", "docs", "experiments", "metrics", "models", "pages"):
        files += [f for f in (ROOT / room).rglob("*") if f.suffix in {".py", ".md", ".yaml"}]
    assert [str(f.relative_to(ROOT)) for f in files if names.search(f.read_text("utf-8"))] == []
