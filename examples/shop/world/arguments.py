"""JSON Schemas of the arguments that several tools take; a call that does not fit never reaches the store."""

ORDER_ID = {"type": "string", "pattern": "^[0-9]{5}$", "description": "Five digits, such as 10401"}
CUSTOMER_ID = {"type": "string", "pattern": "^C-[0-9]{4}$", "description": "Such as C-1001"}
RETURN_ID = {"type": "string", "pattern": "^R-[0-9]{4}$", "description": "Such as R-5001"}
SKU = {"type": "string", "minLength": 3, "description": "Article number, such as LAMP-DUSK"}
EMAIL = {"type": "string", "pattern": r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "maxLength": 200}
CODE = {"type": "string", "minLength": 3, "maxLength": 20, "description": "Voucher code"}
WORDS = {"type": "string", "minLength": 3, "maxLength": 500}
QUERY = {"type": "string", "minLength": 2, "maxLength": 100, "description": "Words of the product's name or category"}
EUROS = {"type": "number", "exclusiveMinimum": 0, "maximum": 10000, "description": "Amount in euros"}
PRIORITY = {"enum": ["low", "normal", "high", "urgent"]}
