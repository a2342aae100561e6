"""The page with the engine and its models, one for each module of tests."""

import pytest

from . import made


@pytest.fixture(scope="module")
def models():
    return made.made_models()


@pytest.fixture(scope="module")
def page(browser, models, tmp_path_factory):
    with made.opened(browser, models, tmp_path_factory.mktemp("engine")) as page:
        yield page


@pytest.fixture(scope="module")
def bare_page(browser, tmp_path_factory):
    """The engine without a model: it is there sooner."""
    with made.opened(browser, {}, tmp_path_factory.mktemp("engine")) as page:
        yield page


@pytest.fixture(scope="module")
def tales_torch(models):
    return made.torch_twin(models["tales"][0])
