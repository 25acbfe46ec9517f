"""How the server is started, and what is said of a demo that listens beyond its machine."""

from typing import Any

import pytest
import uvicorn

from hub.cli import demo, serving
from hub.settings import Settings


def test_the_server_takes_no_compressed_frames_believes_no_proxy_and_does_not_name_itself(
    monkeypatch: pytest.MonkeyPatch,
):
    given: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda _app, **options: given.update(options))
    serving.serve(Settings(frame_limit=5_000), "127.0.0.1", 8_000, 1)
    assert (given["ws_per_message_deflate"], given["ws_max_size"]) == (False, 5_000)
    assert (given["proxy_headers"], given["server_header"]) == (False, False)


@pytest.mark.parametrize(
    ("host", "warned"),
    [("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True), ("hub.example", True)],
)
def test_a_demo_beyond_its_machine_is_warned_of(capsys: pytest.CaptureFixture[str], host: str, warned: bool):
    demo._greet(host, 8_000, dict.fromkeys(demo._HANDLES, "hub_token"))
    assert ("Warning: this listens beyond this machine" in capsys.readouterr().out) is warned
