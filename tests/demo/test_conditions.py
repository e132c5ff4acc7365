from __future__ import annotations

from dataclasses import asdict

from pyserini_xqg.demo.conditions import AUGMENTED, BOTH, CONTROLS, HUBNESS, PLAIN, conditions


def test_a_control_differs_from_its_condition_in_one_thing() -> None:
    of = {name: asdict(settings) for name, settings in conditions(0.3, "fi").items()}
    for control, condition in CONTROLS:
        assert [name for name in of[control] if of[control][name] != of[condition][name]] == (
            ["alpha"] if control == HUBNESS else ["control"]
        )
    assert {name for pair in CONTROLS for name in pair} | {PLAIN} == {*of, PLAIN}
    changed = [name for name in of[BOTH] if of[BOTH][name] != of[AUGMENTED][name]]
    assert changed == ["reduce_hubness"]


def test_only_queries_of_the_language_count() -> None:
    assert {settings.languages for settings in conditions(0.3, "sw").values()} == {("sw",)}
