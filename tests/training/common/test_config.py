from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.training.common.config import layered, read_config, write_config


@dataclass(frozen=True)
class Some:
    name: str
    size: int = 1
    rate: float = 0.5
    on: bool = False
    kind: Literal["a", "b"] = "a"
    maybe: int | None = None
    several: tuple[str, ...] = ()


def read(tmp_path: Path, text: str) -> dict[str, dict[str, object]]:
    file = tmp_path / "c.toml"
    file.write_text(text, encoding="utf-8")
    return read_config(file, {"some": Some, "other": Some})


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    some = Some("x", 3, 1e-5, True, "b", 7, ("p", "q"))
    write_config(tmp_path / "c.toml", {"some": some, "other": Some("y")})
    tables = read_config(tmp_path / "c.toml", {"some": Some, "other": Some})
    assert layered(Some, tables["some"]) == some
    assert layered(Some, tables["other"]) == Some("y")


def test_a_later_layer_overrides_where_it_says_something() -> None:
    assert layered(Some, {"name": "x", "size": 2, "rate": 1}, {"size": 5, "rate": None}) == Some("x", 5, 1.0)


def test_no_file_is_no_setting() -> None:
    assert read_config(None, {"some": Some}) == {"some": {}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[some]\nnam = 'x'", "no setting is called nam; did you mean name?"),
        ("[som]\nname = 'x'", "no table is called som; did you mean some?"),
        ("name = 'x'", "no table is called name"),
        ("some = 1", "a table [some] is expected"),
        ("[some]\nsize = 1.5", "[some] size is 1.5: a whole number is expected"),
        ("[some]\nsize = true", "size is True"),
        ("[some]\non = 1", "on is 1: true or false"),
        ("[some]\nkind = 'c'", "kind is 'c': one of a, b"),
        ("[some]\nmaybe = 'x'", "maybe is 'x': a whole number"),
        ("[some]\nseveral = 'x'", "several is 'x': a list of texts"),
        ("[some]\nseveral = [1]", "several is [1]"),
        ("[some", "not TOML"),
    ],
)
def test_a_wrong_file_is_refused_by_name(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as error:
        read(tmp_path, text)
    assert said in str(error.value)
    assert "c.toml" in str(error.value)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name"):
        layered(Some, {"size": 2})
    with pytest.raises(MissingInput):
        read_config(tmp_path / "nowhere.toml", {"some": Some})
