from datetime import date

from odoo.tests import BaseCase

from ..loader import values
from ..loader.fingerprint import fingerprint
from ..loader.row import InvalidRowError


class TestValues(BaseCase):
    def test_amount_accepts_plain_decimals_only(self):
        for written, read in {"0": 0.0, "0.00": 0.0, "0.0075": 0.0075, "49.00": 49.0}.items():
            self.assertEqual(values.amount({"price": written}, "price"), read)
        for bad in (
            "",
            "nan",
            "NaN",
            "inf",
            "1e3",
            "-1",
            "+1",
            " 1",
            "1,5",
            "0.0000001",
            "1" * 9,
            "٣",
        ):
            with self.subTest(bad), self.assertRaises(InvalidRowError):
                values.amount({"price": bad}, "price")
        for bad in (None, 49, 49.0, True, ["1"]):
            with self.subTest(bad), self.assertRaises(InvalidRowError):
                values.amount({"price": bad}, "price")

    def test_day_accepts_iso_dates_and_nothing(self):
        self.assertEqual(values.day({"on": "2024-02-29"}, "on"), date(2024, 2, 29))
        self.assertIs(values.day({"on": None}, "on"), False)
        for bad in ("2023-02-29", "20240229", "2024-02-29T00:00", "", 20240229):
            with self.subTest(bad), self.assertRaises(InvalidRowError):
                values.day({"on": bad}, "on")

    def test_text_is_stripped_and_empty_is_nothing(self):
        self.assertEqual(values.text({"city": "  Québec "}, "city"), "Québec")
        self.assertIs(values.text({"city": "  "}, "city"), False)
        for bad in (1, float("nan"), "a\0b", "x" * 1001):
            with self.assertRaises(InvalidRowError):
                values.text({"city": bad}, "city")

    def test_fingerprint_ignores_the_order_of_keys_and_sees_every_value(self):
        row = {"a": "1", "b": None}
        self.assertEqual(fingerprint(1, row), fingerprint(1, {"b": None, "a": "1"}))
        different = [{"a": "1"}, {"a": "1", "b": ""}, {"a": 1, "b": None}, {"a": "2", "b": None}]
        marks = {fingerprint(1, other) for other in [row, *different]}
        self.assertEqual(len(marks), 5)
        self.assertNotEqual(fingerprint(1, row), fingerprint(2, row))
