"""T19: what is secret in the surroundings, in a file or in an address shows in no output and no file.

Six secrets are planted, forty runs fail or succeed with them about; then every byte that was printed
or written is searched.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.threats.hostile import write_cards

SECRETS = {
    "hub token": "hf_PlantedOneAAAAAAAAAAAAAAAAAAAAAA",
    "github token": "ghp_PlantedTwoBBBBBBBBBBBBBBBBBBBBBB",
    "proxy password": "PlantedThreeCCCCCCCC",
    "address password": "PlantedFourDDDDDDDD",
    "file content": "PlantedFiveEEEEEEEE",
    "configuration": "PlantedSixFFFFFFFF",
}
HUB, GITHUB, PROXY, ADDRESS, CONTENT, CONFIG = SECRETS.values()
WITH_PASSWORD = f"https://user:{ADDRESS}@127.0.0.1:9"

RUNS: tuple[tuple[str, ...], ...] = (
    # The surroundings hold the tokens and the proxy's password in each of these.
    ("--version",), ("--help",), ("config",), ("config", "--json"), ("list", "-v"), ("rank", "-v"),
    ("compare", "bad", "twin", "-v"), ("show", "bad", "--full", "-v"), ("search", "plain words", "-v"),
    ("show", "nobody", "--debug"), ("show", "nobody", "--json"), ("list", "--format", "none"),
    ("list", "--nothing"), ("explain", "leans", "-v"), ("export", "--format", "csv"), ("missing",),
    ("validate", "cards", "--strict"), ("schema", "card"), ("list", "-o", "no/such.md"),
    ("list", "-o", "out.json"), ("site", "out"), ("diff", "cards", "cards"),
    ("refresh", "--hub", WITH_PASSWORD), ("refresh", "--github", WITH_PASSWORD, "--debug"),
    ("refresh", "--hub", f"https://127.0.0.1:9/?token={ADDRESS}"), ("refresh", "--dry-run", "-v"),
    ("import", "hub", f"https://user:{ADDRESS}@huggingface.co/a/b", "--dry-run"),
    ("import", "models-dev", f"https://user:{ADDRESS}@127.0.0.1:9/api.json", "--dry-run"),
    ("import", "models-dev", f"https://user:{ADDRESS}@127.0.0.1:9/api.json", "--json"),
    ("list", "--catalogue", WITH_PASSWORD, "--json"), ("show", WITH_PASSWORD, "--json"),
    ("import", "litellm", "secret.json", "--dry-run"), ("import", "jsonl", "secret.jsonl", "--dry-run"),
    # A file that is not what it is taken for: an environment, a key, a configuration of something else.
    ("validate", "secret.yaml"), ("validate", "secret.yaml", "--format", "github"),
    ("show", "secret", "--catalogue", "more"), ("list", "--catalogue", "more", "--debug"),
    ("list", "--config", "secret.toml"), ("list", "--config", "secret.json", "--debug"),
    ("list", "--signals", "secret.yaml"), ("evidence", "add", "secret.log"),
    ("evidence", "stats", "--evidence", "secret.sqlite"),
    ("compare", "bad", "twin", "--baseline", "secret.json"), ("build", "--check", "secret.md"),
)  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, set[Path]]:
    """Return a folder with secrets all about, and the files that hold them from the start."""
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("HF_TOKEN", HUB)
    monkeypatch.setenv("GITHUB_TOKEN", GITHUB)
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PROXY}@127.0.0.1:9")
    monkeypatch.setenv("MODELCMP_CACHE", str(tmp_path / "cache" / "cache.sqlite"))
    monkeypatch.setenv("MODELCMP_LOOPBACK", "1")
    write_cards(place / "cards", ["plain"])
    write_cards(place / "more", ["plain"])
    secret = f"password: {CONTENT}\n"
    for name in ("secret.yaml", "secret.log", "secret.sqlite", "secret.md", "more/secret.yaml"):
        (place / name).write_text(f"{secret}api_key={CONTENT}\n")
    (place / "secret.json").write_text(f'{{"password": "{CONTENT}", "a": ')
    (place / "secret.jsonl").write_text(f'{{"query": 5, "password": "{CONTENT}"}}\n{secret}')
    (place / "secret.toml").write_text(f'[[page]]\nmodels = ["a"]\noutput = 5 # {CONFIG}\n')
    return place, set(place.rglob("*"))


def ways(name: str) -> list[bytes]:
    """Return how a secret can be written."""
    return [
        name.encode(),
        name.encode("utf-16-le"),
        name.encode("utf-16-be"),
        name.lower().encode(),
    ]


@pytest.mark.parametrize("words", RUNS, ids=" ".join)
def test_no_secret_shows(
    words: tuple[str, ...], place: tuple[Path, set[Path]], run: Any, tmp_path: Path
) -> None:
    own = () if words[0] in ("--version", "--help") else ("--catalogue", "cards", "--no-builtin")
    offline = words[0] == "evidence" and "--evidence" not in words
    store = ("--evidence", "store.sqlite") if offline else ()
    result = run(*words, *own, *store)
    assert "Traceback" not in result.err or "--debug" in words
    assert result.code in (0, 1, 2)
    told = [(result.out + result.err).encode()]
    told += [
        path.read_bytes() + path.name.encode()
        for path in tmp_path.rglob("*")
        if path.is_file() and path not in place[1]
    ]
    for name, secret in SECRETS.items():
        for way in ways(secret):
            assert not [text for text in told if way in text], f"{name} shows: {words}"


def test_a_bug_shows_no_locals(
    place: tuple[Path, set[Path]], run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Callable[..., None]:
        secret_token = HUB
        raise RuntimeError(f"boom {len(secret_token)}")

    monkeypatch.setattr("modelcmp.catalogue.loading.Catalogue.load_all", fail)
    result = run("list", "--catalogue", "cards", "--debug")
    assert result.code == 3 and "boom" in result.err and "Traceback" in result.err
    assert HUB not in result.err


def test_there_are_forty_of_them() -> None:
    assert len(set(RUNS)) >= 40
