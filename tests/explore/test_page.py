"""The page in a browser: what moves it, what it says of wrong values, that it asks nobody but us."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from selenium.webdriver.common.keys import Keys

from cnsproject.explore import State, worlds
from cnsproject.explore.page.answers import Answers
from cnsproject.explore.state import tabled

HOST = "127.0.0.1"


def state_of(tab: Any) -> State:
    fields = tab.fields()
    return State.of(fields.pop("world"), fields)


def cells(state: State) -> list[list[str]]:
    table = tabled(state.run().numbers)
    return [list(table.head), *([str(cell) for cell in row] for row in table.rows)]


def test_the_page(tab: Any) -> None:
    """Moved by keyboard, told wrong values, opened by its link: all in one, for speed."""
    tab.open("world=report")
    assert tab.table() == cells(State.of("report"))
    assert tab.run("return Bokeh.version")
    before = tab.pixels()
    assert len(before) >= 4

    tab.press("[data-of=J1]", Keys.END)
    state = state_of(tab)
    assert dict(state.values)["J1"] == 4.0
    assert tab.table() == cells(state) != cells(State.of("report"))
    assert f"J1={dict(state.values)['J1']}" in tab.text("code")
    at_once = tab.pixels()
    tab.settled()
    assert at_once == tab.pixels(), "what was measured as shown was not yet drawn"
    assert sum(a != b for a, b in zip(before, at_once, strict=True)) >= 3
    assert tab.text("said") == state.run().sentence()

    tab.type("tau_s1", "soon")
    assert tab.find("#refused").is_displayed()
    assert "tau_s1" in tab.text("refused")
    assert "a number (ms)" in tab.text("refused")
    assert tab.find("#tau_s1").get_attribute("aria-invalid") == "true"
    assert "old" in tab.find("body").get_attribute("class")
    assert "last values that could be computed" in tab.text("said")
    assert tab.table() == cells(state)
    tab.type("tau_s1", "0")
    assert tab.text("refused").startswith(
        "Not computed: DenseConnection.tau_s\nGot\n0\nExpected\na number > 0 (ms)\nFix\n"
    )
    assert tab.find("#tau_s1").get_attribute("aria-invalid") == "true"
    tab.type("tau_s1", "12")
    assert not tab.find("#refused").is_displayed()
    assert "old" not in tab.find("body").get_attribute("class")

    tab.settled()
    shown, fields, pictures = tab.table(), tab.fields(), tab.pixels()
    link = tab.driver.current_url
    assert dict(parse_qsl(urlsplit(link).query))["J1"] == "4"
    tab.open(urlsplit(link).query)
    assert (tab.table(), tab.fields()) == (shown, fields)
    assert tab.pixels() == pictures

    assert tab.complaints() == []
    assert tab.hosts() == {HOST}


def test_a_reader_of_the_screen_hears_what_every_control_is(tab: Any) -> None:
    tab.open("world=report")
    nodes = tab.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    told = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"]
        and node["role"]["value"] in ("slider", "textbox", "combobox", "status", "alert", "figure")
    ]
    assert len([name for role, name in told if role == "slider"]) == 15
    assert all(name for role, name in told if role in ("slider", "textbox", "combobox"))
    assert ("textbox", "time constant of the current from p1 tau_s1 (ms)") in told
    assert {"status"} <= {role for role, _ in told}
    assert tab.run("return document.documentElement.lang") == "en"
    assert len(tab.run("return [...document.querySelectorAll('[id]')].map(e => e.id)")) == len(
        set(tab.run("return [...document.querySelectorAll('[id]')].map(e => e.id)"))
    )


def test_a_wrong_link_is_answered_by_what_is_wrong_in_it() -> None:
    answers = Answers()
    for query, what in {
        "world=nowhere": "world", "world=LIF&dt=0.3": "dt", "world=LIF&tau=": "tau", "beside=world%3Dnowhere": "world",
        "beside=nothing": "nothing",
    }.items():  # fmt: skip
        error = answers.answer(query)["error"]
        assert error["what"] == what
        assert all(error[part] for part in ("expected", "fix"))


def test_only_this_machine_is_served(address: str) -> None:
    with urllib.request.urlopen(address) as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "http://" not in answer.read().decode()
    request = urllib.request.Request(address, headers={"Host": "elsewhere.example"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request)
    for path in ("files/../server.py", "files/explorer.html", "bokeh/../../../LICENSE", "nowhere"):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(address + path)


@pytest.mark.slow
@pytest.mark.parametrize("world", worlds())
def test_every_control_is_moved_by_keyboard(world: str, tab: Any) -> None:
    """In the order in which the tabulator reaches them. Each changes the code, and what is shown or refused."""
    tab.open(f"world={world}")
    for kind in ("step", "sine", "noise") if "input" in worlds()[world].controls and world != "report" else ("",):
        if kind:
            tab.press("#input", kind[:2])
        order = tab.run(
            "return [...form.querySelectorAll('input:not([type=hidden]), select')].filter(e => e.offsetParent)"
        )
        order[0].send_keys(Keys.HOME)
        for place, field in enumerate(order):
            assert tab.driver.switch_to.active_element == field, f"the tabulator passes by number {place}"
            if field.get_attribute("type") == "range" or field.tag_name == "select":
                _moves(tab, field)
            field.send_keys(Keys.TAB)
    assert tab.complaints() == []
    assert tab.hosts() == {HOST}


def _moves(tab: Any, field: Any) -> None:
    """A step up or down and back: value and code follow, or the page says why not."""
    name = field.get_attribute("data-of") or field.get_attribute("id")
    if name == "input":
        return
    before, code = tab.fields()[name], tab.text("code")
    last = "return arguments[0].value === (arguments[0].max || [...arguments[0].options].at(-1).value)"
    at_end = tab.run(last, field)
    there, back = (Keys.ARROW_LEFT, Keys.ARROW_RIGHT) if at_end else (Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    field.send_keys(there)
    tab.idle()
    assert tab.fields()[name] != before, name
    assert tab.find("#refused").is_displayed() or tab.text("code") != code, name
    if tab.find("#refused").is_displayed():
        assert "Fix" in tab.text("refused")
    field.send_keys(back)
    tab.idle()
    assert not tab.find("#refused").is_displayed(), tab.text("refused")


@pytest.mark.slow
@pytest.mark.parametrize("world", ["report", "network", "LIF"])
def test_wrong_values_of_every_field_leave_the_last_picture(world: str, tab: Any) -> None:
    tab.open(f"world={world}")
    good, table = tab.pixels(), tab.table()
    for name, control in worlds()[world].controls.items():
        if control.kind not in ("number", "whole") or not tab.find(f"#{name}").is_displayed():
            continue
        for text in ("abc", "1e400", ""):
            tab.put(name, text)
            assert name in tab.text("refused"), (name, text)
            assert tab.table() == table
            assert "old" in tab.find("body").get_attribute("class")
        tab.put(name, str(control.default))
        assert tab.table() == table
    assert tab.pixels() == good
    assert tab.complaints() == []


@pytest.mark.slow
def test_two_settings_beside_each_other_and_a_link_to_nothing(tab: Any) -> None:
    tab.open("world=report")
    tab.driver.get(tab.find("#keep").get_attribute("href"))
    tab.idle()
    tab.type("J2", "5")
    assert tab.table("differences") == [["parameter", "A", "B"], ["J2", "2", "5"]]
    assert tab.table()[0] == ["", "A p1", "A p2", "B p1", "B p2", "B − A p1", "B − A p2"]

    tab.open("world=report&J3=5")
    assert tab.text("refused").startswith("Not computed: J3")
    assert tab.text("said") == "Nothing could be computed yet."
    assert not tab.find("#numbers").is_displayed()

    assert tab.complaints() == []
    assert tab.hosts() == {HOST}


@pytest.mark.slow
def test_tabs_do_not_disturb_each_other(tab: Any) -> None:
    tab.open("world=report")
    first = tab.driver.current_window_handle
    tab.driver.switch_to.new_window("tab")
    tab.open("world=LIF")
    tab.type("tau", "0")
    tab.driver.switch_to.window(first)
    tab.type("J1", "5")
    assert tab.table() == cells(State.of("report", {"J1": "5"}))
    assert not tab.find("#refused").is_displayed()


@pytest.mark.slow
def test_pictures_for_the_documents(tab: Any, tmp_path: Path) -> None:
    """The pictures of docs/explorer.md: CNS_FIGURES=docs/figures writes them there."""
    folder = Path(os.environ.get("CNS_FIGURES", tmp_path))
    beside = State.of("report").query()
    for name, query in {
        "report": "world=report",
        "network": "world=network",
        "neuron": "world=AELIF&input=sine",
        "beside": f"world=report&tau_s1=50&beside={beside.replace('=', '%3D').replace('&', '%26')}",
        "refused": "world=report",
    }.items():
        tab.open(query)
        if name == "refused":
            tab.type("tau_s1", "0")
        tab.settled()
        path = folder / f"explorer-{name}.png"
        assert tab.driver.save_screenshot(str(path))
        assert path.stat().st_size > 20_000
