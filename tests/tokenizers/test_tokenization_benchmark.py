import sys

import pytest

from benchmarks import corpus, harness


class Clock:
    """A clock that contenders move on themselves."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def work(self, name, seconds, order):
        order.append(name)
        self.now += seconds


def test_contenders_are_interleaved_and_the_first_round_does_not_count(monkeypatch):
    clock, order, rests = Clock(), [], []
    monkeypatch.setattr(harness, "sleep", rests.append)
    monkeypatch.setattr(harness.gc, "collect", lambda: None)  # of all that the tests hold
    contenders = {
        "a": lambda: clock.work("a", 1 if len(order) > 1 else 99, order),
        "b": lambda: clock.work("b", 3, order),
    }
    times = harness.compare(contenders, 5, clock)
    assert "".join(order) == "abbaabbaabba"
    assert rests == [harness.REST] * 12
    assert times == {"a": [1] * 5, "b": [3] * 5}
    assert harness.ratio(times, "b", "a") == 3


def test_a_ratio_is_taken_within_each_round():
    # In the third round the whole machine was slow: the ratio does not see it.
    times = {"a": [1, 1, 9, 1, 1], "b": [2, 2, 18, 2, 2]}
    assert harness.ratio(times, "b", "a") == 2
    assert harness.comparison("run", times, "a") == [
        ("run", "a", "1000.0", "1000.0 to 9000.0", "1.00 × a"),
        ("", "b", "2000.0", "2000.0 to 18000.0", "2.00 × a"),
    ]


def test_a_table_goes_into_the_readme_on_demand_and_nothing_else_changes(
    tmp_path, monkeypatch, capsys
):
    readme = tmp_path / "README.md"
    monkeypatch.setattr(harness, "README", readme)
    readme.write_text("# a\n<!-- speed -->\nold\nrows\n<!-- /speed -->\nrest\n")
    harness.publish("speed", "| new |", "Python")
    assert "old" in readme.read_text()
    monkeypatch.setattr(sys, "argv", ["benchmark", "--readme"])
    harness.publish("speed", "| new |", "Python")
    assert readme.read_text() == (
        "# a\n<!-- speed -->\n| new |\n\n*Python*\n<!-- /speed -->\nrest\n"
    )
    assert capsys.readouterr().out == "| new |\n" * 2
    with pytest.raises(SystemExit, match="must hold <!-- size --> and"):
        harness.publish("size", "| new |", "Python")


def test_a_verdict_can_fail():
    assert harness.verdict("fast", 0.99, 1) == "- met: fast (0.99, limit 1)"
    assert harness.verdict("fast", 1.0, 1) == "- MISSED: fast (1.00, limit 1)"


def test_too_few_rounds_are_refused():
    with pytest.raises(ValueError, match="rounds is 4, too few for a median; give 5 or more"):
        harness.compare({"a": int}, 4)


def test_environment_names_versions_and_settings(monkeypatch):
    monkeypatch.setenv("SOME_THREADS", "2")
    line = harness.environment(["pytest"], ["SOME_THREADS", "OTHER_THREADS"])
    assert f"pytest {pytest.__version__}" in line
    assert line.endswith("SOME_THREADS=2, OTHER_THREADS=not set")


def test_the_corpus_is_english_of_the_size_asked_for():
    text = corpus.english(8)
    assert len(text) == 8_000_000
    assert text.startswith("In the beginning God created the heaven and the earth.")
    assert '"""' not in text
    with pytest.raises(ValueError, match=r"megabytes is 9, but the two texts have 8\.33 in all"):
        corpus.english(9)
