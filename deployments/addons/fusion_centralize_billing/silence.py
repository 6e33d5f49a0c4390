"""Changes that no app is told of, because they are no event of the app's."""

#: Key of a context, by a superuser only: what is done under it is not told, nor later.
SILENT = "fc_webhooks_silent"
