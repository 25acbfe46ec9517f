from hub.settings import Settings
from hub.web.limits import Limits, limits_of


def test_the_defaults_are_those_of_the_settings():
    assert limits_of(Settings()) == Limits()
