from . import fusion_billing_account_link
from . import payment_token
