"""The scores of a report by method and case, and the cases that every method finished."""

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache, partial

from ..compare import CaseKey, is_measured, masks_of, methods_of, metrics_of, values_of
from ..scores import Report, Score
from ..statistics import MeanInterval, mean_interval


class Cases:
    """A report's scores by method and case, a case being a mask set and a picture.

    Attributes:
        report: the report.
        methods, masks, metrics: names in the order of the report; metrics of pictures only.
        coverage: the missing share of every case.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.methods, self.masks = methods_of(report), masks_of(report)
        self.metrics = metrics_of(report)
        self.scores: dict[str, dict[CaseKey, Score]] = {name: {} for name in self.methods}
        self.coverage: dict[CaseKey, float] = {}
        for score in report.scores:
            case = score.masks, score.picture
            self.scores[score.method][case] = score
            self.coverage[case] = score.coverage
        # Takes a method and a metric, and returns values by case.
        self.values = cache(partial(values_of, report))

    @property
    def main_metric(self) -> str:
        """PSNR, or else the first metric; empty if there is none."""
        return "psnr" if "psnr" in self.metrics else next(iter(self.metrics), "")

    def under(self, masks: str) -> set[CaseKey]:
        """Return the cases of a mask set."""
        return {case for case in self.coverage if case[0] == masks}

    def common(self, cases: Iterable[CaseKey], metric: str = "") -> list[CaseKey]:
        """Return those of the cases that every method finished, with a value of the metric, sorted.

        A method that finished none of them does not count: it would empty the whole table.
        """
        every = [
            {case for case in cases if self._is_done(method, case, metric)}
            for method in self.methods
        ]
        every = [done for done in every if done]
        return sorted(set.intersection(*every)) if every else []

    def _is_done(self, method: str, case: CaseKey, metric: str = "") -> bool:
        score = self.scores[method].get(case)
        if score is None or score.error:
            return False
        return is_measured(score, metric) if metric else True

    def failed(self, method: str, cases: Iterable[CaseKey]) -> int:
        """Return the number of cases on which a method failed or was not measured."""
        return sum(not self._is_done(method, case) for case in cases)

    def mean(self, method: str, metric: str, cases: Sequence[CaseKey]) -> MeanInterval | None:
        """Return mean and interval of a method over cases; None if it lacks a value of one."""
        values = self.values(method, metric)
        chosen = tuple(values[case] for case in cases if case in values)
        return _mean_interval(chosen) if chosen and len(chosen) == len(cases) else None

    def seconds(self, method: str, cases: Sequence[CaseKey]) -> float | None:
        """Return a method's mean seconds a picture over cases; None if it finished none."""
        scores = self.scores[method]
        times = [scores[case].seconds for case in cases if self._is_done(method, case)]
        return sum(times) / len(times) if times else None


_mean_interval = lru_cache(maxsize=4096)(mean_interval)
