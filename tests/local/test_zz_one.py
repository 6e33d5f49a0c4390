import re

from deployments.local.processes import free_port


def test_one(scratch, odoo_database, tmp_path):
    log = tmp_path / "l.log"
    scratch.odoo.run_script(
        "launcher.py",
        f"--config={scratch.odoo.settings}",
        f"--database={odoo_database()}",
        f"--http-port={free_port()}",
        "--test-tags=/fusion_centralize_billing_usage:TestUsageEventParts",
        "--stop-after-init",
        log=log,
    )
    t = log.read_text()
    v = re.search(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests", t)
    print(
        "\n".join(l for l in t.splitlines() if "Error" in l or "FAIL" in l or "error" in l)[:6000]
    )
    print(t[-1500:])
    assert v and v.groups()[:2] == ("0", "0") and int(v.group(3)) >= 3, v and v.groups()
