"""Write the pages that are made of the code: ``python -m deployments.reference``."""

from deployments.reference.lago_api import PAGE, written


def main() -> None:
    """Write the table of the API's operations into its page."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
