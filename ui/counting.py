"""How many rows there are, where a page need not know more than that there are many.

A count reads an entry of an index for each row. So long lists are counted up to MOST_COUNTED, and a page says "1,000+"
of more: `{{ count|counted }}`.
"""

from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery

MOST_COUNTED = 1_000


class RowCount(Subquery):
    """The number of rows of a query, at most `most` if that is given: no more are read then."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    empty_result_set_value = 0  # what Django writes where it knows that nothing is found

    def __init__(self, found: QuerySet[Any], *, most: int | None = None) -> None:
        super().__init__(found.order_by().values("pk")[:most], output_field=IntegerField())
