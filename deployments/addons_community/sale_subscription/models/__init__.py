from . import sale_subscription_plan
from . import product_template
from . import sale_order
from . import sale_order_line
from . import sale_order_lifecycle
from . import sale_order_invoicing
from . import account_move
