"""Start Odoo's command line.

`python -m odoo` cannot be used: with several workers its master process starts its own
event worker again and again.
"""

import odoo.cli  # type: ignore[import-not-found]

if __name__ == "__main__":
    odoo.cli.main()
