"""Cards into Odoo: everybody has an outcome, twice is once, and no secret is anywhere."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from flows.__main__ import main
from tests.stripe_server import KEY, NUMBER, answering, localstripe

TOKENS = """
    SELECT link.external_id, token.provider_ref, token.stripe_payment_method,
           token.payment_details, token.x_fc_expires_on, token.active
    FROM payment_token token
    JOIN fusion_billing_account_link link ON link.id = token.x_fc_account_link_id
    ORDER BY token.id"""
NO_CARDS = {"object": "list", "data": [], "has_more": False}
LINKED = "SELECT count(*) FROM sale_order WHERE payment_token_id IS NOT NULL"


@pytest.fixture(scope="module")
def till(tmp_path_factory):
    with localstripe(tmp_path_factory.mktemp("localstripe")) as running:
        yield running


@pytest.fixture
def copied(own_world, till, monkeypatch):
    """A copy in Odoo whose accounts have Stripe customers of this till, none with a card yet."""
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    monkeypatch.setenv("STRIPE_API_URL", till.url)
    own_world.run(service="nexacloud", limit=15)
    rows = own_world.sql(
        "SELECT id FROM fusion_billing_account_link link WHERE EXISTS (SELECT FROM sale_order so"
        " WHERE so.x_fc_account_link_id = link.id AND so.state != 'cancel') ORDER BY id"
    )
    for (link_id,) in rows:
        own_world.sql(
            f"UPDATE fusion_billing_account_link SET stripe_customer_id = '{till.customer()}'"
            f" WHERE id = {link_id}"
        )
    own_world.customers = [
        customer
        for (customer,) in own_world.sql(
            "SELECT stripe_customer_id FROM fusion_billing_account_link WHERE id IN"
            f" ({', '.join(str(link_id) for (link_id,) in rows)}) ORDER BY id"
        )
    ]
    return own_world


def outcomes(world):
    return {row["stripe_customer"]: row for row in world.table("outcomes", "cards")}


def kinds(world):
    rows = world.table("outcomes", "cards")
    return Counter(row["code"] or row["outcome"] for row in rows)


def everything_written(world) -> str:
    """All that runs have left in reports and in Odoo's database."""
    texts = [path.read_text("utf-8", "replace") for path in world.reports.rglob("*.*")
             if path.is_file()]  # fmt: skip
    for (name,) in world.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        texts += [row[0] for row in world.sql(f'SELECT t::text FROM "{name}" t')]
    return "\n".join(texts)


def test_each_account_has_its_outcome_and_a_second_run_changes_nothing(copied, till, capsys):
    ann, bob, cid, dan, eve, fay, *others = copied.customers
    method = till.card(ann, default=True)
    only = till.card(bob)
    source = till.source(cid)
    for _ in range(2):
        till.card(dan)
    till.debit(eve)
    last_month = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
    till.card(fay, default=True, month=last_month.month, year=last_month.year)
    gone, bare = others[0], others[1]
    till.api.customers.delete(gone)
    by_invoice = others[2]
    copied.sql(
        "UPDATE fusion_billing_account_link SET pays_by_invoice = true"
        f" WHERE stripe_customer_id = '{by_invoice}'"
    )

    assert main(["cards", "--dry-run", "--json"]) == 3
    dry = json.loads(capsys.readouterr().out)
    assert dry["counts"]["accounts"]["created"] == 3
    assert copied.sql(TOKENS) == []

    assert main(["cards", "--max-without-card", "100"]) == 0
    said = capsys.readouterr()
    told = outcomes(copied)
    for customer, card in ((ann, method), (bob, only), (cid, source)):
        row = told[customer]
        assert (row["outcome"], row["payment_method"], row["last4"]) == ("created", card, "4242")
    codes = {
        dan: "no_default",
        eve: "not_a_card",
        fay: "expired",
        gone: "unknown_customer",
        bare: "no_card",
        by_invoice: "pays_by_invoice",
    }
    assert {customer: told[customer]["code"] for customer in codes} == codes
    assert all(told[customer]["reason"] for customer in codes)
    tokens = copied.sql(TOKENS)
    assert {(row[1], row[2], row[3], row[5]) for row in tokens} == {
        (customer, card, "4242", True)
        for customer, card in ((ann, method), (bob, only), (cid, source))
    }
    assert copied.sql(LINKED) == [(0,)]
    page = (copied.reports / "cards" / "latest" / "index.html").read_text()
    assert "wait for a card" in page
    assert all(customer in page for customer in codes)

    before = copied.sql("SELECT t::text FROM payment_token t ORDER BY id"), copied.business()
    assert main(["cards", "--max-without-card", "100"]) == 0
    assert kinds(copied)["unchanged"] == 3
    after = copied.sql("SELECT t::text FROM payment_token t ORDER BY id"), copied.business()
    assert after == before

    # The customer's card is gone at Stripe: Odoo must not try it.
    till.api.payment_methods.detach(only)
    assert main(["cards"]) == 3
    assert outcomes(copied)[bob]["code"] == "no_card"
    assert [row[5] for row in copied.sql(TOKENS) if row[1] == bob] == [False]

    written = everything_written(copied) + said.out + said.err + "".join(capsys.readouterr())
    for secret in (NUMBER, KEY, "987654", "sk_test"):
        assert secret not in written, secret
    assert method in written


def test_list_does_the_same_and_its_bad_lines_cost_themselves_alone(copied, tmp_path, capsys):
    ann, bob, cid, *_ = copied.customers
    listed = tmp_path / "cards.csv"
    listed.write_text(
        "stripe_customer_id,payment_method,brand,last4,exp_month,exp_year,default\n"
        f"{ann},pm_ann,visa,4242,12,2035,yes\n"
        f"{ann},pm_old,visa,1111,1,2020,no\n"
        f"{bob},pm_bob,visa,{NUMBER},12,2035,yes\n"
        f"{cid},pm_cid,mastercard,4444,12,2035,\n"
        "cus_stranger,pm_x,visa,4242,12,2035,yes\n"
        f"{NUMBER},pm_y,visa,4242,12,2035,yes\n"
    )
    command = ["cards", "--source", "file", "--file", str(listed), "--max-without-card", "100"]
    assert main(command) == 0
    told = outcomes(copied)
    assert (told[ann]["outcome"], told[ann]["payment_method"]) == ("created", "pm_ann")
    assert (told[cid]["outcome"], told[cid]["brand"]) == ("created", "mastercard")
    assert told[bob]["code"] == "bad_row"
    assert told["cus_stranger"]["code"] == "no_account"
    assert kinds(copied)["bad_row"] == 2
    assert NUMBER not in everything_written(copied) + "".join(capsys.readouterr())

    for file, words in (("nowhere.csv", "cannot be read"), (str(__file__), "lacks the columns")):
        assert main(["cards", "--source", "file", "--file", file]) == 2
        assert words in capsys.readouterr().err
    assert main(["cards", "--source", "file"]) == 2
    assert "--file" in capsys.readouterr().err


def test_stripe_that_refuses_waits_or_fails_is_one_clear_sentence(copied, monkeypatch, capsys):
    for status, code, words in ((401, 2, "refused the key"), (403, 2, "may not read")):
        with answering((status, {"error": {"message": KEY}})) as (url, _):
            monkeypatch.setenv("STRIPE_API_URL", url)
            assert main(["cards"]) == code
        said = capsys.readouterr().err
        assert words in said
        assert KEY not in said
    monkeypatch.delenv("STRIPE_API_KEY")
    assert main(["cards"]) == 2
    assert "Set STRIPE_API_KEY" in capsys.readouterr().err
    assert main(["cards", "--service", "nobody"]) == 2

    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    body = {"id": "cus_1", "object": "customer", "invoice_settings": {}}
    with answering((200, body), (200, NO_CARDS), (429, {})) as (url, asked):
        monkeypatch.setenv("STRIPE_API_URL", url)
        assert main(["cards", "--batch-customers", "1", "--workers", "1"]) == 1
    # Tried again, and then left alone.
    assert 2 < len(asked) <= 2 + 4
    assert "429" in capsys.readouterr().out
    told = kinds(copied)
    assert told["not_asked"] > 0
    assert told["no_card"] == 1
