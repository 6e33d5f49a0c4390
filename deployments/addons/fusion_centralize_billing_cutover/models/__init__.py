from . import fusion_billing_cycle
from . import fusion_billing_cutover
from . import fusion_billing_cutover_customer
from . import account_move
from . import fusion_billing_account_link
from . import fusion_billing_service
