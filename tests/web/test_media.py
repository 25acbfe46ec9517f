import pytest

from hub.web.media import ANYTHING, LEGACY, RESPONSE, negotiated

R, J = RESPONSE.type, LEGACY.type


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, RESPONSE),
        ("", RESPONSE),
        (" ", RESPONSE),
        ("*/*", ANYTHING),
        ("application/*", ANYTHING),
        (R, RESPONSE),
        (J, LEGACY),
        (f"{J}, {R}", RESPONSE),
        (f"{R};q=0.5, {J}", LEGACY),
        (f"{R};q=0.5, {J};q=0.6", LEGACY),
        (f"{R.upper()}; Q=1", RESPONSE),
        (f"{R}; charset=utf-8, {J}; charset=utf-8", RESPONSE),
        (f"{J}; charset=latin1", None),
        (f"{J}, text/plain, */*", LEGACY),
        (f"{J};q=0, */*", RESPONSE),
        (f"{R};q=0, */*", ANYTHING),
        (f"{R}, application/graphql+json, {J}, text/event-stream, multipart/mixed", RESPONSE),
        ("text/html, */*;q=0.1", ANYTHING),
        ("text/html", None),
        ("*/*;q=0", None),
        (f"{J};q=x", None),
        (f"{J};q=", None),
        (",;,;q", None),
    ],
)
def test_the_accept_header_chooses_the_media_type(accept, media):
    assert negotiated(accept) is media


def test_who_takes_anything_hears_a_refusal_in_the_media_type_that_says_whose_it_is():
    assert ANYTHING.header(200) == ANYTHING.header(294) == f"{J}; charset=utf-8"
    assert ANYTHING.header(400) == ANYTHING.header(503) == f"{R}; charset=utf-8"
    assert LEGACY.header(400) == f"{J}; charset=utf-8"


def test_a_monstrous_accept_header_is_read_in_linear_time():
    assert negotiated("a/b;c=d," * 8_000 + J) is LEGACY
