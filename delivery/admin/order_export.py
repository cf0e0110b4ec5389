"""The columns of the orders' export. No address, phone or name leaves the portal: a patient is a number."""

from audit.exports import Column, Export, amounts, dollars, moment

ORDER_EXPORT = Export(
    "orders",
    columns=(
        Column("order", "number"), Column("status", "status"), Column("day", "window__date"),
        Column("from", "window__starts"), Column("to", "window__ends"), Column("patient", "patient__number"),
        Column("payment", "payment_method"), dollars("total", "subtotal_cents"),
        *amounts("flower equivalent", "amount_mg"), Column("moves", "moves"),
        Column("by phone, account", "assisted_by_id"), moment("placed", "placed_at"),
        moment("confirmed", "confirmed_at"), moment("ended", "ended_at"), Column("reason", "ended_reason"),
        Column("reason in Spanish", "ended_reason_es"),
    ),
    permission="delivery.view_order",
)  # fmt: skip
