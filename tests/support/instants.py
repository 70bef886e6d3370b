"""The instants at which the invented town stands still."""

from datetime import UTC, datetime

# The authorities were opened in spring, the tests play on a Tuesday in early summer, 10:00 in Japan.
OPENED_AT = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)


NOW = datetime(2026, 6, 2, 1, 0, tzinfo=UTC)
