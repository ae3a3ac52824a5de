"""Filling when a stroke ends: begun, replaced by the next stroke, undone together, switched off."""

import numpy as np
import pytest


@pytest.fixture
def eager(person, picture):
    """Somebody with a picture open, and the switch on."""
    person.page.evaluate("document.getElementById('eager').click()")
    person.open(picture())
    person.page.mouse.move(*person.at(48, 10))  # else a ring shows the size for a while
    person.brush(10)
    person.page.mouse.move(1, 1)
    return person


def filled(person):
    person.page.wait_for_selector("#saver:not([aria-disabled=true])")
    person.ready()


def test_a_stroke_is_filled_and_undone_with_its_filling(eager, sent):
    page = eager.page
    before = eager.shown()
    eager.drag((20, 20), (50, 20))
    filled(eager)
    assert len(sent) == 1
    assert not eager.mask().any()
    after = eager.shown()
    page.click("#undo")
    page.wait_for_selector("#saver[aria-disabled=true]")
    eager.ready()
    assert not eager.mask().any()
    page.mouse.move(1, 1)
    assert np.array_equal(eager.shown(), before)
    assert page.is_disabled("#undo")
    page.click("#redo")
    filled(eager)
    assert not eager.mask().any()
    page.mouse.move(*eager.at(50, 20))
    assert np.array_equal(eager.shown(), after)


def test_a_new_stroke_replaces_the_filling_and_both_are_undone(eager, sent):
    page = eager.page
    held = []

    def hold_the_first(route):
        held.append(route)
        if len(held) > 1:
            route.continue_()

    page.route("**/v1/inpaint", hold_the_first)
    eager.drag((20, 20), (50, 20))
    page.wait_for_selector("#cancel:visible")
    with page.expect_event("requestfailed"):
        eager.drag((20, 50), (50, 50))
    filled(eager)
    assert (len(held), len(sent)) == (2, 1)
    assert not eager.mask().any()
    page.click("#undo")
    eager.marks(np.zeros((64, 96), bool))
    page.wait_for_selector("#undo[aria-disabled=true]")


def test_undo_gives_the_filling_up_and_takes_the_stroke_back(eager):
    page = eager.page
    page.route("**/v1/inpaint", lambda route: None)
    eager.drag((20, 20), (50, 20))
    page.wait_for_selector("#cancel:visible")
    page.click("#undo")
    eager.ready()
    eager.marks(np.zeros((64, 96), bool))
    page.unroute("**/v1/inpaint")


def test_escape_leaves_the_stroke_and_the_eraser_fills_nothing(eager, sent):
    page = eager.page
    page.route("**/v1/inpaint", lambda route: None)
    eager.drag((20, 20), (50, 20))
    page.wait_for_selector("#cancel:visible")
    page.keyboard.press("Escape")
    eager.ready()
    marked = eager.mask()
    assert marked.any()
    page.unroute("**/v1/inpaint")
    page.keyboard.press("e")
    eager.drag((50, 15), (50, 25))
    rest = eager.mask()
    assert 0 < rest.sum() < marked.sum()
    assert sent == []


def test_off_several_strokes_are_filled_at_once_and_it_stays_off(eager, sent):
    page = eager.page
    assert page.evaluate("document.getElementById('eager').defaultChecked")
    page.click("#more")
    page.get_by_role("switch", name="Fill when a stroke ends").click()
    page.keyboard.press("Escape")
    eager.drag((20, 20), (50, 20))
    eager.drag((20, 50), (50, 50))
    assert sent == []
    eager.fill()
    assert len(sent) == 1
    page.reload()
    assert not page.is_checked("#eager")
