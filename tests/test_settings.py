import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import hub
from hub.settings import Settings
from hub.store.database import tortoise_config
from hub.web.limits import limits_of

NUMBERS = [name for name, field in Settings.model_fields.items() if field.annotation in {int, float}]
ZERO_MEANS_SOMETHING = {
    "document_aliases",
    "document_directives",
    "documents_automatic",
    "edit_window",
    "plans_shadowed",
    "jobs_workers",
    "digest_hour",
    "slow_operation",
    "log_operations",
}
NAMES = ["allowed_origins", "trusted_proxies", "reaction_kinds", "push_hosts"]


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch):
    """Nothing set but what a test sets."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"HUB_{name.upper()}", raising=False)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch):
    """The settings with these variables in the environment."""

    def read(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Settings()

    return read


def test_without_any_variable_the_hub_is_embedded_and_in_production():
    bare = Settings()
    assert (bare.mode, bare.database_url, bare.broker_url, bare.allowed_origins) == ("production", "", "", ())
    assert bare.introspection_allowed is False
    assert bare.tortoise_url() == f"sqlite://{Path.cwd()}/hub-data/hub.sqlite3"


@pytest.mark.parametrize("name", NUMBERS)
def test_each_number_is_read_from_its_variable(given: Any, name: str):
    limits = [limit.le for limit in Settings.model_fields[name].metadata if hasattr(limit, "le")]
    value = min([20_000, *limits])
    assert getattr(given(**{f"HUB_{name.upper()}": str(value)}), name) == value


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["0", "-1", "nan", "many", ""])
def test_no_number_is_absurd(given: Any, name: str, value: str):
    if value == "0" and name in ZERO_MEANS_SOMETHING:
        assert getattr(given(**{f"HUB_{name.upper()}": value}), name) == 0
        return
    with pytest.raises(ValidationError, match=name):
        given(**{f"HUB_{name.upper()}": value})


@pytest.mark.parametrize("name", NAMES)
def test_lists_are_written_with_commas(given: Any, name: str):
    variable = f"HUB_{name.upper()}"
    one, two = {"trusted_proxies": ("10.0.0.0/8", "::1")}.get(name, ("https://a.example", "https://b.example"))
    assert getattr(given(**{variable: one}), name) == (one,)
    assert getattr(given(**{variable: f" {one} , {two},"}), name) == (one, two)


def test_the_transports_get_the_lists(given: Any):
    limits = limits_of(given(HUB_ALLOWED_ORIGINS="https://a.example", HUB_TRUSTED_PROXIES="10.0.0.0/8,::1"))
    assert (limits.allowed_origins, limits.trusted_proxies) == (("https://a.example",), ("10.0.0.0/8", "::1"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HUB_DATABASE_URL", "mysql://localhost/hub"),
        ("HUB_DATABASE_URL", "localhost"),
        ("HUB_BROKER_URL", "localhost:6379"),
        ("HUB_BROKER_URL", "postgres://localhost/hub"),
        ("HUB_BROKER_PREFIX", 'two words"'),
        ("HUB_BROKER_PREFIX", "p" * 51),
        ("HUB_MODE", "prod"),
        ("HUB_INTROSPECTION", "perhaps"),
    ],
)
def test_a_wrong_word_is_refused(given: Any, variable: str, value: str):
    with pytest.raises(ValidationError, match=variable.removeprefix("HUB_").lower()):
        given(**{variable: value})


def test_the_database_can_wake_only_where_it_is_postgresql(given: Any):
    with pytest.raises(ValidationError, match=r"broker_url[\s\S]*HUB_DATABASE_URL"):
        given(HUB_BROKER_URL="postgres")
    with pytest.raises(ValidationError, match="HUB_DATABASE_URL"):
        given(HUB_BROKER_URL="postgres", HUB_DATABASE_URL="sqlite:///tmp/hub.sqlite3")
    assert given(HUB_BROKER_URL="postgres", HUB_DATABASE_URL="postgresql://db.example/hub").broker_url == "postgres"
    with pytest.raises(ValidationError, match="database_url"):
        given(HUB_BROKER_URL="postgres", HUB_DATABASE_URL="mysql://db.example/hub")


@pytest.mark.parametrize(
    ("mode", "introspection", "allowed"),
    [
        ("production", None, False),
        ("production", "true", True),
        ("development", None, True),
        ("development", "false", False),
    ],
)
def test_introspection_follows_the_mode_unless_it_is_set(
    given: Any, mode: str, introspection: str | None, allowed: bool
):
    variables = {"HUB_MODE": mode} | ({"HUB_INTROSPECTION": introspection} if introspection else {})
    assert given(**variables).introspection_allowed is allowed


def test_an_address_with_odd_signs_reaches_the_driver_whole(given: Any):
    chosen = given(HUB_DATABASE_URL="postgres://hub%40home:s%2Fe%3Acret@db.example:6000/talk")
    credentials = tortoise_config(chosen)["connections"]["default"]["credentials"]
    assert {name: credentials[name] for name in ("host", "port", "user", "password", "database")} == {
        "host": "db.example",
        "port": 6000,
        "user": "hub@home",
        "password": "s/e:cret",
        "database": "talk",
    }


def test_settings_do_not_change_while_they_are_used():
    with pytest.raises(ValidationError):
        Settings().page_size = 5


def test_each_setting_is_described_in_a_sentence():
    wrong = [name for name, field in Settings.model_fields.items() if not (field.description or "").endswith(".")]
    assert wrong == []


def test_each_setting_is_used():
    package = Path(hub.__file__).parent
    code = "\n".join(file.read_text() for file in package.rglob("*.py") if file != package / "settings.py")
    assert [name for name in Settings.model_fields if not re.search(rf'\.{name}|"{name}"', code)] == []


@pytest.mark.parametrize("often", ["often", "10", "", "ten/minute"])
def test_how_often_is_said_as_the_library_limits_reads_it(given: Any, often: str):
    with pytest.raises(ValidationError, match="logins_per_account"):
        given(HUB_LOGINS_PER_ACCOUNT=often)
    assert given(HUB_LOGINS_PER_ACCOUNT="3/minute; 20 per day").logins_per_account == "3/minute; 20 per day"
