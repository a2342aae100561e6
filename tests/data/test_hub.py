"""The Hub of the tests is one that huggingface_hub takes for real; ours lists it rightly."""

from __future__ import annotations

import huggingface_hub
import pytest
from huggingface_hub import constants

from tinytx.data.fineweb import Hub
from tinytx.data.patience import Patience

from .hub import COMMIT, FOLDER, REPO, Answers, LoopbackHub
from .parquets import QUICK, shards, texts, waits

FILES = {**shards(texts(30), [8, 7, 5, 10]), f"{FOLDER}/README.md": b"not a shard"}


@pytest.fixture
def hub():
    with LoopbackHub(FILES) as server:
        yield server


def listed(server, **settings):
    return Hub(endpoint=server.url, **{"patience": QUICK, **settings}).shards()


@pytest.mark.parametrize("redirect", [False, True])
def test_huggingface_hub_itself_lists_and_downloads_from_it(redirect, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with LoopbackHub(FILES, redirect) as server:
        api = huggingface_hub.HfApi(server.url)
        assert api.dataset_info(REPO, revision="main").sha == COMMIT
        tree = list(api.list_repo_tree(REPO, FOLDER, repo_type="dataset", revision="main"))
        files = {file.path: file for file in tree if hasattr(file, "lfs")}
        assert files.keys() == FILES.keys()
        name = f"{FOLDER}/001_00000.parquet"
        assert files[name].lfs.size == len(FILES[name])
        path = api.hf_hub_download(REPO, name, repo_type="dataset", local_dir=tmp_path)
        with open(path, "rb") as file:
            assert file.read() == FILES[name]


def test_why_the_bytes_are_fetched_here_huggingface_hub_keeps_wrong_ones(tmp_path, monkeypatch):
    """If this fails, `hf_hub_download` verifies what it fetched: one reason fewer for our own."""
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with LoopbackHub(FILES) as server:
        server.faults.append("wrong")
        name = f"{FOLDER}/001_00000.parquet"
        api = huggingface_hub.HfApi(server.url)
        path = api.hf_hub_download(REPO, name, repo_type="dataset", local_dir=tmp_path)
        with open(path, "rb") as file:
            found = file.read()
    assert len(found) == len(FILES[name])
    assert found != FILES[name]


def test_the_shards_come_by_name_with_checksum_over_all_pages(hub):
    commit, found = listed(hub)
    assert commit == COMMIT
    assert [shard.name for shard in found] == sorted(name for name in FILES if "parquet" in name)
    assert [shard.size for shard in found] == [len(FILES[shard.name]) for shard in found]
    assert all(COMMIT in shard.url for shard in found)  # not the branch, which moves
    assert len(hub.asked("/tree/")) == 3


def test_the_endpoint_comes_from_the_environment_at_the_time_of_the_call(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.url + "/")
    assert len(Hub(patience=QUICK).shards()[1]) == 4


@pytest.mark.parametrize(
    "fault", ["500", "502", "503", "429 0", "limit", "silence", "refuse", "no json"]
)
def test_a_fault_of_the_list_is_tried_again(hub, fault):
    hub.faults.extend([f"api:{fault}"])
    assert len(listed(hub)[1]) == 4
    assert not hub.faults


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("500", "failed 3 times, the last time: HTTP 500"),
        ("silence", "failed 3 times, the last time: no answer for 0.4 s"),
        ("refuse", "failed 3 times"),
        ("no json", "the answer is no JSON"),
        ("429 9999", "asks to wait 9,999 s, and the limit is 600 s"),
        ("401", "answers HTTP 401 .* log in"),
        ("403", "answers HTTP 403 .* log in"),
    ],
)
def test_a_fault_that_stays_is_one_line(hub, fault, words):
    hub.always = f"api:{fault}"
    with pytest.raises(ValueError, match=words) as error:
        listed(hub, patience=Patience(3, 0.01, 0.02, timeout=waits(fault, 0.4)))
    assert "\n" not in str(error.value)
    assert REPO in str(error.value)


def test_a_server_that_is_not_there_is_one_line():
    with pytest.raises(ValueError, match=r"failed 2 times, the last time: ConnectError") as error:
        Hub(endpoint="http://127.0.0.1:9", patience=Patience(2, 0.01)).shards()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("endpoint", ["hf-mirror.com", "ftp://hf.co", "http://", "localhost:9"])
def test_an_address_that_is_none_is_told_at_once(endpoint):
    with pytest.raises(ValueError, match=r"^[^ ]*: Request URL .* protocol.*; check HF_ENDPOINT$"):
        Hub(endpoint=endpoint, patience=QUICK).shards()


@pytest.mark.parametrize("token", ["secret\n", "se\ncret", "s\u00e9cret"])
def test_a_token_that_is_none_is_told_at_once_and_not_shown(hub, token):
    with pytest.raises(ValueError, match="check HF_TOKEN, or log in with") as error:
        listed(hub, token=token)
    assert "cret" not in str(error.value)
    assert not hub.log


@pytest.mark.parametrize(
    "settings", [{"revision": "gone"}, {"repo": "no/body"}, {"folder": "sample/none"}]
)
def test_a_wrong_name_is_told_at_once(hub, settings):
    with pytest.raises(ValueError, match=r"answers HTTP 404 .* check its name and revision"):
        listed(hub, **settings)
    assert len(hub.log) <= 2


def test_what_is_no_hub_is_one_line(hub, monkeypatch):
    with pytest.raises(ValueError, match=r"^http://hub:port: .*'port'.*; check HF_ENDPOINT$"):
        Hub(endpoint="http://hub:port", patience=QUICK).shards()
    monkeypatch.setattr(Hub, "_json", lambda self, url, stop: ({}, None))
    with pytest.raises(
        ValueError, match=rf"^{hub.url} names no commit of {REPO}.*: is it a Hub\?$"
    ):
        listed(hub)


def test_offline_mode_is_one_line(hub, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match="HF_HUB_OFFLINE is set"):
        listed(hub)
    assert not hub.log


def test_no_checksum_no_shard(hub, monkeypatch):
    monkeypatch.setattr(
        Answers,
        "_entry",
        lambda self, path, data: {"type": "file", "path": path, "size": len(data), "oid": "b" * 40},
    )
    with pytest.raises(ValueError, match="tells no checksum"):
        listed(hub)
