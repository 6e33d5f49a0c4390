from . import fusion_billing_service
from . import fusion_billing_usage
from . import fusion_billing_rating
from . import fusion_billing_event
from . import sale_order
