"""Which rows belong to the first users: what a limited read takes of each core table."""

from __future__ import annotations

FIRST_USERS = """
    WITH chosen AS (SELECT id::text AS id FROM public.users ORDER BY created_at, id LIMIT {users}),
         deployed AS (
             SELECT id::text AS id FROM public.deployments
             WHERE user_id::text IN (SELECT id FROM chosen)
         )
"""

# Whatever a chosen row refers to comes along, or the checks would report it as missing: the
# subscriber of a chosen deployment may be another user than its owner.
OF_FIRST_USERS: dict[str, str] = {
    "users": """
        WHERE id::text IN (SELECT id FROM chosen) OR id::text IN (
            SELECT user_id::text FROM public.subscriptions
            WHERE deployment_id::text IN (SELECT id FROM deployed)
        )""",
    "plans": "",
    "deployments": " WHERE id::text IN (SELECT id FROM deployed)",
    "deployment_addons": " WHERE deployment_id::text IN (SELECT id FROM deployed)",
    "subscriptions": """
        WHERE deployment_id::text IN (SELECT id FROM deployed) OR (
            user_id::text IN (SELECT id FROM chosen)
            AND NOT EXISTS (
                SELECT FROM public.deployments d WHERE d.id::text = deployment_id::text
            )
        )""",
}
