from . import (
    test_api_keys,
    test_api_queries,
    test_api_subscriptions,
    test_api_terms,
    test_ends,
    test_webhook_lifecycle,
    test_webhook_other_company,
    test_webhook_outbox,
    test_webhook_telling,
    test_year,
)
