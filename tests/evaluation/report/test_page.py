"""The page: whole, self-contained, and safe whatever names it holds."""

import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from PIL import Image

from deepgin.errors import DeepginError
from deepgin.evaluation.compare import differences
from deepgin.evaluation.report import comparison, html
from deepgin.evaluation.report.cases import Cases
from deepgin.evaluation.report.figures import extremes
from deepgin.evaluation.report.tables import by_masks
from deepgin.evaluation.scores import SetScore

VOID = {"meta", "img", "br"}
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=y>{{ 7 * 7 }}"


class Page(HTMLParser):
    """Refuses tags that do not close in order; keeps tags, attributes and text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} twice"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and self.open[-1] != "style":
            self.texts.append(" ".join(data.split()))

    @property
    def text(self):
        return " ".join(self.texts)

    def attributes(self, *names):
        return [attrs[name] for _, attrs in self.tags for name in names if name in attrs]


@pytest.fixture
def pictures(full, tmp_path):
    """A run's folder with all its pictures."""
    for one in full.scores:
        for part in (f"{one.method}/{one.masks}", f"hole/{one.masks}", "truth"):
            path = tmp_path / "pictures" / part / f"{one.picture}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 8), "red").save(path)
    return tmp_path


def test_it_is_well_formed_and_loads_nothing(full, pictures):
    page = Page(html(full, pictures))
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "link", "iframe", "object", "base", "form"}
    assert page.attributes("src")
    assert all(source.startswith("data:image/webp;") for source in page.attributes("src"))
    assert all(link.startswith("#") for link in page.attributes("href", "action"))
    assert "url(" not in html(full, pictures)
    assert "@import" not in html(full, pictures)


def test_links_lead_to_places_of_the_page(full):
    page = Page(html(full))
    names = page.attributes("id")
    assert len(set(names)) == len(names)
    assert {link[1:] for link in page.attributes("href")} <= set(names)


def test_every_number_and_fact_of_the_report_is_there(full):
    text = Page(html(full)).text
    for masks in full.masks:
        for row in by_masks(Cases(full), masks).rows:
            for cell in row:
                assert cell.text in text and cell.interval in text and cell.note in text
    facts = [full.command, full.device, full.pictures["hash"], full.methods["telea"]]
    facts += [fact for about in full.masks.values() for fact in about.values()]
    facts += ["torch 2.13", full.metrics["l1"]["definition"], full.sets[0].warning]
    for fact in (*facts, *full.left_out[0], "no memory"):
        assert fact in text


def test_figures_are_of_the_worst_median_and_best(full, pictures):
    page = Page(html(full, pictures))
    for which in ("Worst", "Median", "Best"):
        assert page.texts.count(which) == 2
    cases = Cases(full)
    chosen = [(m, p) for m in full.masks for _, p in extremes(cases, m, "ours", "psnr")]
    failed = ("rectangle", "p5.jpg") in chosen
    assert sum(tag == "img" for tag, _ in page.tags) == 2 * 3 * 5 - failed
    assert not any(tag == "img" for tag, _ in Page(html(full)).tags)


def test_differences_are_drawn_of_the_first_method(full):
    page = Page(html(full))
    bars = [attrs["class"] for tag, attrs in page.tags if tag == "rect"]
    assert set(bars) <= {"better", "worse", "even"}
    assert bars.count("better") > bars.count("worse")
    assert sum(tag == "svg" for tag, _ in page.tags) == 4  # two others, two mask sets


def test_differences_of_what_is_right_at_1_are_of_distances_from_it(score, report_of):
    scores = [
        score(method, picture=str(place), values={"share": value})
        for method, value in (("ours", 0.9), ("other", 1.4))
        for place in range(6)
    ]
    report = report_of(scores)
    page = Page(html(report))
    bars = [attrs["class"] for tag, attrs in page.tags if tag == "rect"]
    assert "better" in bars and "worse" not in bars
    one, _ = differences(report, report, [("ours", "other")])  # of each mask set
    assert one.pairs.mean == pytest.approx(-0.3)
    assert len(comparison(report, [one])) > len(comparison(report, [replace(one, better="lower")]))


def test_no_name_becomes_markup(score, report_of):
    scores = [
        score(HOSTILE, HOSTILE, HOSTILE),
        score("other", HOSTILE, HOSTILE, None, error=HOSTILE),
    ]
    report = report_of(
        scores,
        command=HOSTILE,
        versions={HOSTILE: HOSTILE, "deepgin": HOSTILE},
        device=HOSTILE,
        methods={HOSTILE: HOSTILE, "other": HOSTILE},
        masks={HOSTILE: {"hash": HOSTILE, "definition": HOSTILE}},
        metrics={"psnr": {"definition": HOSTILE, "unit": HOSTILE, "better": HOSTILE}},
        pictures={"count": HOSTILE, "hash": HOSTILE, "size": HOSTILE},
        sets=(SetScore(HOSTILE, HOSTILE, "fid", 1.0, 1, HOSTILE),),
        left_out=((HOSTILE, HOSTILE),),
    )
    page = Page(html(report))
    assert not {tag for tag, _ in page.tags} & {"script", "img"}
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert page.text.count(HOSTILE) > 15
    assert "49" not in page.text


def test_names_that_are_no_text_are_shown_as_far_as_they_are(score, report_of):
    text = html(report_of([score(picture="a\udcff\u202e.png", psnr=None, error="x\x00y")]))
    assert "a��.png" in text
    assert "x�y" in text
    text.encode("utf-8")


def test_a_run_in_which_everything_failed(score, report_of):
    scores = [score(picture=f"{i}", psnr=None, error="no") for i in range(300)]
    page = Page(html(report_of(scores)))
    assert page.texts.count("no") == 200 and "100 more" in page.text


def test_without_jinja_the_extra_is_named(full, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(DeepginError, match=r"pip install 'deepgin\[evaluate\]'"):
        html(full)
