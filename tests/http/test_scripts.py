import gzip

import pytest

from liveinsight.domain.errors import NotFound
from liveinsight.http.scripts import AN_HOUR, FOREVER, read_scripts, script

HASHED = "li.0123456789ab.js"


@pytest.fixture
def scripts(tmp_path):
    for name in ("li.js", "li.plus.js", "vitals.js", HASHED, "sizes.json"):
        (tmp_path / name).write_text(f"/* {name} */" * 9)
    return read_scripts(tmp_path)


def told(answer):
    return answer.body[3:].split(b" ")[0].decode(), dict(answer.headers)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("li.js", "li.js"),
        ("vitals.js", "vitals.js"),
        ("anything-at-all.js", "li.js"),
        ("anything.plus.js", "li.plus.js"),
        ("li.ffffffffffff.js", "li.js"),
        ("li.plus.ffffffffffff.js", "li.plus.js"),
    ],
)
def test_every_name_answers(scripts, name, expected):
    """The owner may pick any name, and a hash of another version still gets a tracker."""
    file, headers = told(script(scripts, name))
    assert file == expected
    assert headers[b"content-type"].startswith(b"text/javascript")
    assert headers[b"cache-control"] == AN_HOUR


def test_a_hash_of_this_version_is_kept_for_ever(scripts):
    """Only a name that can never mean other bytes is immutable."""
    file, headers = told(script(scripts, HASHED))
    assert file == HASHED
    assert headers[b"cache-control"] == FOREVER


def test_browsers_get_it_packed(scripts):
    """The bytes that count are those on the wire."""
    answer = script(scripts, "li.js", accepted=b"gzip, deflate, br")
    assert dict(answer.headers)[b"content-encoding"] == b"gzip"
    assert gzip.decompress(answer.body) == scripts["li.js"].body


def test_what_the_browser_has_is_not_sent_again(scripts):
    """An ETag that still holds is answered without a body."""
    etag = dict(script(scripts, "li.js").headers)[b"etag"]
    answer = script(scripts, "li.js", known=etag)
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize("name", ["", "a/b.js", "../secret.js", ".js", "li.css", "a" * 200 + ".js"])
def test_other_names_are_nothing(scripts, name):
    """No path leads out, and only scripts are here."""
    with pytest.raises(NotFound):
        script(scripts, name)


def test_unbuilt_scripts_are_said_to_be_unbuilt(tmp_path):
    """A source tree without the web build says what is missing."""
    with pytest.raises(NotFound, match="not built"):
        script(read_scripts(tmp_path / "nowhere"), "li.js")
